"""Writes docs/api.md from the description of the API: `python tools/write_api.py`.

With `--check` it only looks, and ends with 1 if the page is out of date.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any, Final

from quaero.web.api.schema import inputs_of, operations
from quaero.web.app import api_app

PAGE: Final = Path(__file__).parents[1] / "docs" / "api.md"
HEAD: Final = """\
# The API

Written by `tools/write_api.py` from the description of the API, which the server itself gives at `/api/openapi.json`.

{description}
Each example is a command for a shell in which `SERVER` is the address of the server, such as `http://127.0.0.1:8085`,
and `TOKEN` the token behind `?token=` in the address that `quaero serve` prints. What starts work is answered with 202
and the id of its run; with an `Idempotency-Key` the same request, sent again, starts nothing anew. [Errors](errors.md)
have stable codes.

"""
TOML: Final = """\
id = "garden"
name = "Garden"
[[steps]]
name = "crawl"
action = "crawl"
config = {start_urls = ["https://example.org/"]}
"""
BODIES: Final[Mapping[str, object]] = {
    "add_credential": {"name": "wiki", "kind": "bearer", "hosts": ["wiki.example.org"], "token": "secret"},
    "import_credential": {"name": "shop", "content": ".example.org\tTRUE\t/\tTRUE\t0\tsid\t…"},
    "capture_credential": {
        "baseUrl": "https://intranet.example.org/",
        "cookies": [{"name": "sid", "value": "secret", "domain": "intranet.example.org"}],
    },
    "create_definition": {"toml": TOML},
    "edit_definition": {"toml": TOML},
    "validate_definition": {"toml": TOML},
    "change_gate": {"scope": "host", "key": "example.org", "concurrency": 2},
    "set_job_priority": {"priority": 5},
    "sign_in": {"token": "$TOKEN"},
    "execute_definition": {},
    "start_crawl": {"urls": ["https://example.org/"], "max_pages": 10},
    "preview_bulk_operation": {"operation": "retry", "filter": "state:failed age:<1d"},
    "start_bulk_operation": {"operation": "retry", "filter": "state:failed age:<1d", "expect": 0},
    "set_variable": {"value": "example.org"},
}
"""What the examples send; `$TOKEN` is filled in by the shell."""
IN_PATHS: Final = {
    "definition_id": "garden",
    "job_id": "1",
    "document_id": "1",
    "number": "1",
}
NAMES: Final = {"auth": "wiki", "variables": "host"}
QUERIES: Final = {
    "search_documents": {"q": "garden"},
    "list_jobs": {"filter": "state:failed age:<1d", "limit": "10"},
    "count_jobs": {"filter": "kind:run"},
    "get_events": {"format": "json"},
    "compare_document_versions": {"before": "1", "after": "1"},
}


def main() -> int:
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, "utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf-8") == text:
        return 0
    print(f"write_api: {PAGE.name} is out of date; run: python tools/write_api.py", file=sys.stderr)
    return 1


def page() -> str:
    """The whole page as Markdown."""
    document = api_app().openapi()
    by_tag: dict[str, list[str]] = {}
    for path, method, operation in operations(document):
        by_tag.setdefault(operation["tags"][0], []).append(_section(document, path, method, operation))
    head = HEAD.format(description=document["info"]["description"].partition("\n\n")[2])
    parts = [f"## {tag}\n\n" + "\n".join(sections) for tag, sections in sorted(by_tag.items())]
    return (head + "\n".join(parts)).rstrip() + "\n"


def _section(document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> str:
    lines = [f"### {method.upper()} {path}", "", operation["description"], ""]
    rows = [_row(*each) for each in inputs_of(document, operation)]
    if rows:
        lines += ["| what | where | meaning |", "|---|---|---|", *rows, ""]
    answers = ", ".join(f"`{status}`" for status in operation["responses"])
    return "\n".join(
        [*lines, f"Answers: {answers}.", "", "```sh", _example(path, method, operation), "```", ""]
    )


def _row(name: str, where: str, meaning: str) -> str:
    return f"| `{name}` | {where} | {' '.join(meaning.split()).replace('|', chr(92) + '|')} |"


def _example(path: str, method: str, operation: Mapping[str, Any]) -> str:
    """A command that does it."""
    filled = path.replace("{name}", NAMES.get(operation["tags"][0], ""))
    for name, value in IN_PATHS.items():
        filled = filled.replace(f"{{{name}}}", value)
    words = ["curl"]
    if operation.get("security") != []:
        words.append('-H "Authorization: Bearer $TOKEN"')
    if method != "get":
        words.append(f"-X {method.upper()}")
    body = BODIES.get(operation["operationId"])
    if body is not None:
        words.append("-H 'Content-Type: application/json'")
        text = json.dumps(body, ensure_ascii=False)
        words.append(
            f'-d "{text.replace(chr(34), chr(92) + chr(34))}"' if "$" in text else f"-d {quote(text)}"
        )
    query = QUERIES.get(operation["operationId"], {})
    if query:
        words.append(
            "-G " + " ".join(f"--data-urlencode {quote(f'{key}={value}')}" for key, value in query.items())
        )
    return " ".join([*words, f'"$SERVER{filled}"'])


if __name__ == "__main__":
    sys.exit(main())
