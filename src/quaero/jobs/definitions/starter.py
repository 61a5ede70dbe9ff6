"""The definition that somebody begins with: `quaero definitions new` writes it, and the editor."""

from quaero.models.toml_writer import toml_value

_TEXT = """\
# A definition: what to collect, in steps. Run it with: quaero run {id}.toml

id = {id_value}                    # small letters, digits and hyphens; the same id is the same definition
name = {name_value}
description = ""
tags = []                          # put on every document, for example ["docs"]
timeout = "30m"                    # of a whole run

[error_tolerance]
max_child_failures = 0             # 0: failed pages never stop the run; or a number, or a share like "5%"

[[steps]]
name = "crawl"
action = "crawl"

[steps.config]
start_urls = ["https://docs.example.org/"]
max_depth = 2                      # links to follow from a start URL
max_pages = 100                    # documents to store at the most
include_patterns = []              # only URLs that match one of them, for example ["/docs/"]
exclude_patterns = []              # never these; stronger than include_patterns
concurrency = 8                    # pages fetched at once
respect_robots = true

[[steps]]
name = "index"
action = "reindex"                 # builds the search index anew
"""


def starter(identifier: str, name: str) -> str:
    """A commented definition that is valid as it is."""
    return _TEXT.format(id=identifier, id_value=toml_value(identifier), name_value=toml_value(name))
