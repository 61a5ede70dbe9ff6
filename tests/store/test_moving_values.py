"""Whatever a row holds arrives as it was."""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quaero.store.moving import RowHash
from quaero.testing import SettableClock
from tests.places import Place, SqlitePlace, new_place
from tests.store.moving_kit import content, fill, move_between

CLOCK = SettableClock()
INTEGERS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False)
ODD = (
    "",
    " ",
    "\\",
    "\\N",
    "\\.",
    "\t\n\r",
    "NULL",
    "''",
    '"',
    "\ufeff",
    "\ufffe",
    "👩\u200d🚀",
    "a\u0301",
    "x" * 70_000,
)
TEXTS = st.one_of(st.text(max_size=50), st.sampled_from(ODD))
BODIES = st.one_of(st.binary(max_size=100), st.just(bytes(range(256)) * 300))

DOCUMENTS = st.tuples(TEXTS, TEXTS, TEXTS, INTEGERS, BODIES, TEXTS)


def fitting(text: str) -> str:
    return text.replace("\0", "\ufffd")


def distinct(texts: list[str]) -> list[str]:
    """None that would be the same as another one where zero bytes are replaced."""
    return list({fitting(text): text for text in texts}.values())


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> SqlitePlace:
    """A store with rows in every table."""
    place = SqlitePlace(tmp_path_factory.mktemp("values") / "template.db")

    async def make() -> None:
        store = place.store(clock=CLOCK)
        await fill(store)
        await store.close()

    asyncio.run(make())
    return place


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    variables=st.lists(TEXTS, max_size=5).map(distinct),
    documents=st.lists(DOCUMENTS, max_size=4),
    integer=INTEGERS,
    real=FLOATS,
    note=st.none() | TEXTS,
)
def test_values_of_every_kind_go_there_and_back(
    template: SqlitePlace,
    folder: Path,
    variables: list[str],
    documents: list[tuple[str, str, str, int, bytes, str]],
    integer: int,
    real: float,
    note: str | None,
) -> None:
    for name in ("there", "back"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    source = SqlitePlace(Path(shutil.copy(template.path, folder / "there" / "test.db")))
    for name in variables:
        source.execute("INSERT INTO variables VALUES (?, ?, ?)", [name, name[::-1], integer])
    for number, (title, text, url, at, body, tag) in zip(itertools.count(100), documents, strict=False):
        source.execute(
            """INSERT INTO documents (id, source_type, canonical_url, url, title, markdown, content_hash, created_at,
            updated_at, checked_at, job_id, root_id) VALUES (?, 'odd', ?, ?, ?, ?, 'hash', ?, 0, 0, 1, 1)""",
            [number, f"{number} {url}", url, title, text, at],
        )
        source.execute("INSERT INTO document_sources VALUES (?, 'odd', ?)", [number, body])
        source.execute("INSERT INTO document_tags VALUES (?, ?, 'odd')", [number, tag])
    source.execute("UPDATE progress SET rate = ?, rated_ended = ? WHERE job_id = 1", [real, integer])
    source.execute("UPDATE log_lines SET message = ? WHERE id = 1", [note or ""])
    source.execute("UPDATE jobs SET note = ? WHERE id = 1", [note])

    there, back = new_place("postgres", folder), SqlitePlace(folder / "back" / "test.db")
    try:
        out = move_between(source, there, clock=CLOCK)
        home = move_between(there, back, clock=CLOCK)
        assert out.tables == home.tables
        assert rows_of(there) == rows_of(back) == rows_of(source)
    finally:
        there.remove()


def rows_of(place: Place) -> list[str]:
    """All rows, in one form where some databases have zero bytes."""
    rows = content(place)
    return sorted(repr((name, row)).replace("\\x00", "\ufffd") for name in rows for row in rows[name])


@given(rows=st.lists(st.tuples(INTEGERS, TEXTS, FLOATS, st.none() | BODIES), max_size=8), data=st.data())
def test_the_hash_of_rows_does_not_depend_on_their_order_but_on_every_value(
    rows: list[tuple[int, str, float, bytes | None]], data: st.DataObject
) -> None:
    def hashed(rows: list[tuple[int, str, float, bytes | None]]) -> str:
        whole = RowHash()
        for row in rows:
            whole.add(row)
        return whole.part.hash

    shuffled = data.draw(st.permutations(rows))
    assert hashed(rows) == hashed(shuffled)
    assert hashed([*rows, (1, "more", 1.0, None)]) != hashed(rows)
    for place in range(len(rows)):
        for changed in (
            (rows[place][0] ^ 1, *rows[place][1:]),
            (*rows[place][:1], f"{rows[place][1]}!", *rows[place][2:]),
        ):
            assert hashed([*rows[:place], changed, *rows[place + 1 :]]) != hashed(rows)
