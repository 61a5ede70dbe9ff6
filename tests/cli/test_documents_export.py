"""`quaero documents export`: documents as JSON lines, as Markdown, and on a map."""

import asyncio
import json
from pathlib import Path

import pytest

from quaero.testing import open_test_engine, run_to_end
from tests.cli.calling import Caller
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places_search.answers import CAFE, MUSEUM
from tests.places_search.fake_services import fake_service
from tests.places_search.kit import search, searching, settings_for


@pytest.fixture
def collection(quaero: Caller, tmp_path: Path) -> Caller:
    """Two places, one with an odd name, and a page without coordinates."""
    file = tmp_path / "collection.db"

    async def collect() -> None:
        async with fake_service() as nominatim:
            nominatim.says([CAFE, MUSEUM | {"name": 'Ôdd "name"\n--> 🗼'}])
            async with searching(f"sqlite:///{file}", settings_for(nominatim)) as engine:
                await search(engine)
        async with open_test_engine(file, [ScriptManager()], [ScriptWorker()]) as engine:
            page = {"name": "page", "document": "Some *words*."}
            await run_to_end(engine, script_definition(script_step(children=[page])))

    asyncio.run(collect())

    def call(*arguments: str) -> object:
        return quaero("--database", f"sqlite:///{file}", *arguments)

    return call  # type: ignore[return-value]


def test_places_are_points_on_a_map(collection: Caller, tmp_path: Path) -> None:
    target = tmp_path / "map.geojson"
    assert collection("documents", "export", str(target)).out == f"wrote 2 documents to {target}\n"

    whole = json.loads(target.read_text("utf-8"))
    assert whole.keys() == {"type", "features"}
    assert whole["type"] == "FeatureCollection"
    cafe, odd = whole["features"]
    assert cafe["type"] == "Feature"
    assert cafe["id"] == "https://www.openstreetmap.org/node/4827193650"
    assert cafe["geometry"] == {"type": "Point", "coordinates": [-9.1401528, 38.7117492]}
    assert cafe["properties"]["title"] == "Café da Garça"
    assert cafe["properties"]["tags"] == ["trip"]
    assert cafe["properties"]["address_parts"]["city"] == "Lisboa"
    assert "OpenStreetMap" in cafe["properties"]["attribution"]
    assert odd["properties"]["title"] == 'Ôdd "name" --> 🗼'


def test_a_map_without_places_is_a_map(collection: Caller) -> None:
    printed = collection("documents", "export", "-", "--format", "geojson", "--source", "test")

    assert printed.json == {"type": "FeatureCollection", "features": []}


def test_each_line_of_jsonl_is_what_show_prints(collection: Caller) -> None:
    lines = collection("documents", "export", "-").out.splitlines()

    shown = [collection("documents", "show", str(number), "--json").json for number in (1, 2, 3)]
    assert [json.loads(line) for line in lines] == shown


def test_markdown_comes_with_the_addresses_above(collection: Caller) -> None:
    printed = collection("documents", "export", "-", "--format", "markdown").out

    cafe, odd, page = printed.split("\n---\n\n")
    assert cafe.startswith("<!-- https://www.openstreetmap.org/node/4827193650 -->\n\n# Café da Garça\n")
    assert "\n# Ôdd" in odd
    assert page.endswith("\n\nSome *words*.\n")


def test_only_what_is_asked_for_is_exported_and_nothing_is_overwritten(
    collection: Caller, tmp_path: Path
) -> None:
    target = tmp_path / "some.md"
    assert "wrote 1 document " in collection("documents", "export", str(target), "--url", "/way/").out
    before = target.read_text("utf-8")
    assert collection("documents", "export", str(target), "--tag", "trip").code == 2
    assert target.read_text("utf-8") == before
    assert collection("documents", "export", str(target), "--tag", "nothing", "--force").code == 0
    assert target.read_text("utf-8") == ""
    assert sorted(file.name for file in tmp_path.glob("some*")) == ["some.md"]
