import pytest

from quaero.jobs.definitions.quick_crawl import CrawlOptions, crawl_definition, private_endpoint
from quaero.jobs.definitions.reader import read_definition
from quaero.jobs.manager.crawler_manager import CrawlConfig
from quaero.models.errors import UsageError


def options(*urls: str, include: tuple[str, ...] = (), tags: tuple[str, ...] = ()) -> CrawlOptions:
    return CrawlOptions(urls, 100, 2, include, tags=tags)


def test_the_same_urls_and_options_are_the_same_definition() -> None:
    first = crawl_definition(options("https://docs.example.org/"))
    assert first == crawl_definition(options("https://docs.example.org/"))
    assert first.id.startswith("crawl-docs-example-org-")


@pytest.mark.parametrize(
    "other",
    [
        options("https://docs.example.org/next"),
        options("https://docs.example.org/", "https://other.example/"),
        options("https://docs.example.org/", include=("/a",)),
        options("https://docs.example.org/", tags=("a",)),
    ],
)
def test_other_urls_and_options_are_another_definition(other: CrawlOptions) -> None:
    assert crawl_definition(other).id != crawl_definition(options("https://docs.example.org/")).id


def test_what_is_written_to_a_file_reads_back_equal() -> None:
    made = options(
        "http://127.0.0.1:8000/", "https://Docs.Example.org/ä?b=1#c", include=("\\d+'",), tags=("a",)
    )
    definition = crawl_definition(made)
    assert read_definition(definition.to_toml(), file="", managers={"crawl": CrawlConfig}) == definition


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://127.0.0.1:8000/a", "127.0.0.1:8000"),
        ("http://127.1/", "127.0.0.1:80"),
        ("https://localhost/", "localhost:443"),
        ("http://wiki.localhost:81/", "wiki.localhost:81"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("https://10.1.2.3/", "10.1.2.3:443"),
        ("http://me@192.168.0.1:8000/", "192.168.0.1:8000"),
        ("https://docs.example.org/", None),
        ("https://127.0.0.1.example.org/", None),
        ("http://93.184.216.34/", None),
    ],
)
def test_only_a_private_address_given_by_hand_is_allowed_by_name(url: str, endpoint: str | None) -> None:
    assert private_endpoint(url) == endpoint
    allowed = crawl_definition(options(url)).steps[0].config.get("allow_private", [])
    assert allowed == ([] if endpoint is None else [endpoint])


@pytest.mark.parametrize(
    "url", ["docs.example.org", "ftp://a.example/", "/etc/passwd", "http://", "http://[::1", ""]
)
def test_what_is_no_url_of_a_page_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="not the URL of a page"):
        crawl_definition(options(url))
