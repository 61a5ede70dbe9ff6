"""One suite, two databases: whatever uses `place` runs on each of them."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from quaero.store.postgres import owners
from tests.differences import DIFFERENCES
from tests.places import BACKENDS, Place, new_place

# A change is judged by the same examples as the one before it; the long tests look for new ones.
hypothesis.settings.register_profile("the same", derandomize=True)
if "QUAERO_TRIALS" not in os.environ:
    hypothesis.settings.load_profile("the same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", choices=[*BACKENDS, "both"], default="both", help="the database to test on")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", 'only("sqlite" or "postgres", reason=KEY): KEY of tests/differences.py says why'
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames:
        only = _only(metafunc.definition)
        metafunc.parametrize("place", [only] if only else BACKENDS, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for the other database."""
    wanted = config.getoption("backend")
    left_out = {item for item in items if set(BACKENDS) <= {wanted, _only(item), _place_of(item)}}
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _place_of(item: pytest.Item) -> object:
    """The database that a test was called for, if it needs one."""
    call = getattr(item, "callspec", None)
    return call.params.get("place") if call else None


def _only(item: pytest.Item | pytest.Collector) -> str | None:
    """The one database that a test is about, if it says so."""
    for mark in item.iter_markers("only"):
        if mark.args not in [(name,) for name in BACKENDS] or mark.kwargs.get("reason") not in DIFFERENCES:
            raise pytest.UsageError(
                f"{item.nodeid}: only(…) names a database, and as reason a key of {DIFFERENCES.keys()}"
            )
        return str(mark.args[0])
    return None


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place for one new store."""
    place = new_place(request.param, tmp_path)
    yield place
    place.remove()


@pytest.fixture
def quick_deaths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is gone counts as dead as soon as it is seen: on PostgreSQL that takes some seconds otherwise."""
    monkeypatch.setattr(owners, "GONE_SECONDS", 0.0)
