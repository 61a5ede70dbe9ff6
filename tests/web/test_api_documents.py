"""The API of documents and of search."""

import json
from collections.abc import Iterator

import pytest
from httpx import Client

from tests.places import Place
from tests.web.collection import PageOf, collect, found_by_agent
from tests.web.serving import Served, served_at

APPLE = PageOf("Apple", "An *apple* tree.\nIt bears.", tags=("fruit", "tree"), original=b"<h1>Apple</h1>")
PEAR = PageOf("Pear", "A pear tree, no apple.", tags=("fruit",))
PLACE = PageOf("Orchard", "Apples to pick.", "https://maps.org/node/1", "place")


@pytest.fixture
def served(place: Place) -> Iterator[Served]:
    """A server, on each database, that executes nothing by itself."""
    with served_at(place.url, working=False) as served:
        yield served


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    with served.client() as client:
        yield client


@pytest.fixture
def run_id(served: Served) -> int:
    """The run that collected three documents."""
    return served.call(lambda engine: collect(engine, (APPLE, PEAR, PLACE)))


def ids(client: Client, **parameters: object) -> list[str]:
    return [item["id"] for item in client.get("/api/documents", params=parameters).json()["items"]]  # type: ignore[arg-type]


def test_documents_are_listed_from_the_last_changed_on_and_page_by_page(client: Client, run_id: int) -> None:
    first = client.get("/api/documents", params={"limit": 2}).json()
    assert ([item["title"] for item in first["items"]], first["total"]) == (["Orchard", "Pear"], 3)
    assert first["items"][1] == {
        "id": "2",
        "url": "https://example.org/pear",
        "canonical_url": "https://example.org/pear",
        "title": "Pear",
        "source_type": "crawler",
        "tags": ["fruit"],
        "content_hash": first["items"][1]["content_hash"],
        "created_at": first["items"][1]["created_at"],
        "updated_at": first["items"][1]["updated_at"],
        "metadata": {},
    }
    rest = client.get("/api/documents", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert ([item["title"] for item in rest["items"]], rest["next_cursor"]) == (["Apple"], None)


def test_documents_are_filtered(client: Client, run_id: int) -> None:
    assert ids(client, source="place") == ["3"]
    assert ids(client, tag=["fruit", "tree"]) == ["1"]
    assert ids(client, host="maps.org") == ["3"]
    assert ids(client, url="/pear") == ["2"]
    assert len(ids(client, run=run_id, updated_after="2001-01-01")) == 3
    assert ids(client, created_after="2999-01-01T00:00:00Z") == ids(client, source="a\0b") == []
    facets = client.get("/api/documents/facets", params={"tag": "fruit"}).json()
    assert facets == {
        "source": {"crawler": 2},
        "tag": {"fruit": 2, "tree": 1},
        "host": {"example.org": 2},
        "updated": {"day": 2, "week": 2, "month": 2},
    }


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/documents?cursor=x", 400, "usage"),
        ("/api/documents?cursor=1.99999999999999999999", 400, "usage"),
        ("/api/documents?updated_after=yesterday", 400, "usage"),
        ("/api/documents?limit=0", 422, "invalid_request"),
        ("/api/documents/99", 404, "not_found"),
        ("/api/documents/0", 422, "invalid_request"),
        ("/api/documents/99/versions", 404, "not_found"),
        ("/api/documents/1/versions/9", 404, "not_found"),
        ("/api/documents/99/original", 404, "not_found"),
        ("/api/documents/1/diff?after=7", 404, "not_found"),
        ("/api/documents/export?format=pdf", 422, "invalid_request"),
        ("/api/search?q=a&cursor=-1", 400, "usage"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    client: Client, run_id: int, path: str, status: int, code: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_document_that_did_not_change_is_not_sent_again(
    client: Client, served: Served, run_id: int
) -> None:
    answer = client.get("/api/documents/1")
    assert answer.json()["markdown"] == "An *apple* tree.\nIt bears."
    tag = answer.headers["etag"]
    again = client.get("/api/documents/1", headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    served.call(lambda engine: found_by_agent(engine, 1, "keywords", {"keywords": ["apple"]}))
    changed = client.get("/api/documents/1", headers={"If-None-Match": tag})
    assert changed.json()["metadata"]["agents"]["keywords"]["keywords"] == ["apple"]


def test_versions_and_their_difference(client: Client, served: Served, run_id: int) -> None:
    new = PageOf("Apple", "An *apple* tree.\nIt bore.")
    second = served.call(lambda engine: collect(engine, (new,)))
    versions = client.get("/api/documents/1/versions").json()
    assert [(each["version"], each["replaced_by"]) for each in versions["items"]] == [
        (2, None),
        (1, str(second)),
    ]
    assert client.get("/api/documents/1/versions/1").json()["markdown"] == APPLE.markdown
    found = client.get("/api/documents/1/diff").json()
    assert (found["added"], found["removed"], found["before"]["version"], found["after"]["version"]) == (
        1,
        1,
        1,
        2,
    )
    assert [(line["kind"], line["text"]) for line in found["hunks"][0]["lines"]] == [
        ("same", "An *apple* tree."),
        ("removed", "It bears."),
        ("added", "It bore."),
    ]
    back = client.get("/api/documents/1/diff", params={"before": 2, "after": 1}).json()
    assert back["hunks"][0]["lines"][2]["text"] == "It bears."


def test_a_document_is_deleted_once(client: Client, run_id: int) -> None:
    assert client.delete("/api/documents/2").json() == {"id": "2", "deleted": True}
    assert client.delete("/api/documents/2").status_code == 404
    assert ids(client) == ["3", "1"]


def test_how_much_there_is(client: Client, run_id: int) -> None:
    stats = client.get("/api/documents/stats").json()
    assert (stats["documents"], stats["tags"]) == (3, {"fruit": 2, "tree": 1})
    assert [(each["source_type"], each["documents"]) for each in stats["sources"]] == [
        ("crawler", 2),
        ("place", 1),
    ]
    assert client.get("/api/documents/tags").json() == {"tags": {"fruit": 2, "tree": 1}}


def test_what_matches_is_exported_as_a_file(client: Client, run_id: int) -> None:
    answer = client.get("/api/documents/export", params={"tag": "fruit"})
    assert answer.headers["content-disposition"] == 'attachment; filename="documents.jsonl"'
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == [client.get(f"/api/documents/{number}").json() for number in (1, 2)]
    text = client.get("/api/documents/export", params={"format": "markdown", "host": "maps.org"})
    assert text.text == "<!-- https://maps.org/node/1 -->\n\nApples to pick.\n"
    assert client.get("/api/documents/export", params={"format": "geojson"}).json()["features"] == []


def test_the_original_is_a_file_that_no_browser_shows(client: Client, run_id: int) -> None:
    answer = client.get("/api/documents/1/original")
    assert answer.content == b"<h1>Apple</h1>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="document-1.html"'
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/api/documents/2/original").json()["code"] == "not_found"


def test_a_search_tells_what_it_found_and_how_it_was_understood(client: Client, run_id: int) -> None:
    found = client.get("/api/search", params={"q": "apple -orchard tag:fruit", "facets": True}).json()
    assert found["query"] == "apple -orchard tag:fruit"
    assert found["explanation"] == 'Documents with "apple", without "orchard", tagged "fruit".'
    assert [(item["id"], item["title"]) for item in found["items"]] == [("1", "Apple"), ("2", "Pear")]
    assert found["items"][0]["pieces"] == [
        {"text": "An *", "found": False},
        {"text": "apple", "found": True},
        {"text": "* tree. It bears.", "found": False},
    ]
    assert found["facets"] == {
        "source": {"crawler": 2},
        "tag": {"fruit": 2, "tree": 1},
        "host": {"example.org": 2},
    }


def test_hits_come_page_by_page_and_each_once(client: Client, run_id: int) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        parameters = {"q": "apple", "limit": "1"} | ({"cursor": cursor} if cursor else {})
        found = client.get("/api/search", params=parameters).json()
        assert (found["total"], found["facets"]) == (3, None)
        seen += [item["id"] for item in found["items"]]
        if (cursor := found["next_cursor"]) is None:
            break
    assert sorted(seen) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "text", ["", '"', "()*:^~", "NOT", "a" * 3_999, "tag:", "\0", "'; DROP TABLE documents"]
)
def test_no_search_text_is_an_error(client: Client, run_id: int, text: str) -> None:
    answer = client.get("/api/search", params={"q": text, "facets": "true"})
    assert (answer.status_code, answer.json()["items"]) == (200, [])
