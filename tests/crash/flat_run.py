"""A run of many children with long documents, for the tests of bad disks."""

from pathlib import Path

from quaero.testing import open_test_engine
from tests.crash.judgement import Expected
from tests.crash.kills import Process, Template
from tests.crash.worker_process import Orders
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import SqlitePlace

CHILDREN = [{"name": f"page {n}", "document": f"{n} long " * 500, "log": "x" * 500} for n in range(40)]
EXPECTED = Expected({"step": {str(child["name"]): "completed" for child in CHILDREN}}, {}, {})


async def launched(path: Path) -> int:
    async with open_test_engine(path, [ScriptManager()], [ScriptWorker()]) as engine:
        return await engine.control.launch(script_definition(script_step(children=CHILDREN)))


def start(
    template: Template,
    path: Path,
    run_id: int,
    *,
    number: int = 0,
    dies_at: int = 0,
    pages: int | None = None,
) -> Process:
    """A process that works on the run."""
    trace = f"{path}-{number}.trace"
    url = SqlitePlace(path).url
    return template.start(Orders(url=url, trace=trace, run_id=run_id, dies_at=dies_at, pages=pages))
