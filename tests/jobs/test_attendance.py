"""Who is there to work on a run."""

from quaero.jobs.attendance import attendance
from quaero.jobs.engine import Engine
from quaero.store.transitions.launch import Launch
from tests.kit import script_definition, script_step

DEFINITION = script_definition(script_step(count=1), overlap=True)


async def test_nobody_is_there_without_a_process(engine: Engine) -> None:
    run_id = await engine.control.launch(DEFINITION)
    found = await attendance(engine.store, run_id)
    assert (found.processes, found.missing, found.complete) == ((), ("script",), False)


async def test_a_process_that_lacks_a_type_is_not_enough(engine: Engine) -> None:
    run_id = await engine.control.launch(DEFINITION)
    await engine.store.register("worker", ["scripted"], 1)
    found = await attendance(engine.store, run_id)
    assert (len(found.processes), found.missing, found.complete) == (1, ("script",), False)


async def test_one_that_takes_all_types_is(engine: Engine) -> None:
    run_id = await engine.control.launch(DEFINITION)
    await engine.store.register("worker", ["script", "scripted"], 1)
    assert (await attendance(engine.store, run_id)).complete


async def test_a_server_that_executes_nothing_does_not_count(engine: Engine) -> None:
    run_id = await engine.control.launch(DEFINITION)
    await engine.store.register("server", [], 1)
    assert (await attendance(engine.store, run_id)).processes == ()


async def test_a_run_in_the_foreground_is_there_for_those_launched_with_it_alone(engine: Engine) -> None:
    main = await engine.store.launch(Launch(DEFINITION, before=(Launch(DEFINITION),)))
    other = await engine.control.launch(DEFINITION)
    before, _ = await engine.store.chain(main)
    await engine.store.register("run", ["script", "scripted"], 1, main)
    there = [(await attendance(engine.store, run_id)).complete for run_id in (main, before, other)]
    assert there == [True, True, False]
