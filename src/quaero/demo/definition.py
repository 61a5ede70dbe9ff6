"""What is done with the sample site: crawled, given keywords, indexed."""

from typing import Final
from urllib.parse import urlsplit

from quaero.demo.server import MAX_DEPTH
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.toml_writer import ConfigValue

DEMO_ID: Final = "demo"
MAX_PAGES: Final = 1_000
_KEYWORDS: Final[dict[str, ConfigValue]] = {
    "agent_type": "keyword_extractor",
    "document_filter": {"tags": ["demo"], "missing": True},
}


def demo_definition(url: str) -> JobDefinition:
    """Crawl all of the site at `url` on this machine, find the keywords of its pages, then build the index."""
    config: dict[str, ConfigValue] = {
        "start_urls": [url],
        "max_depth": MAX_DEPTH,
        "max_pages": MAX_PAGES,
        "allow_private": [urlsplit(url).netloc],
    }
    crawl = JobStep("crawl", "crawl", config)
    keywords = JobStep("keywords", "agent", _KEYWORDS, depends=("crawl",))
    index = JobStep("index", "reindex", depends=("keywords",))
    return JobDefinition(DEMO_ID, "Quaero's sample site", (crawl, keywords, index), tags=("demo",))
