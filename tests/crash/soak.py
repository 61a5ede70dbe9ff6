"""The long tests, by name or all: `python -m tests.crash.soak [--backend NAME] [kills] [zombies] [statements] …`.

--backend sqlite, postgres or both (by default); QUAERO_BACKEND names it as well.

kills: QUAERO_TRIALS (3000) trees whose workers are killed at random moments, until they have ended.
zombies: QUAERO_TRIALS (300) workers and orchestrators that are stopped past their lease and go on.
histories: QUAERO_TRIALS (3000) random histories of the store against the model of the tree.
statements: a crash at every statement of a run, a cancelled run and all stories.

table: all methods against all planted mistakes; who finds what goes to docs/planted-mistakes.md. QUAERO_TRIALS: trials
with processes for each mistake (40).
races: each race QUAERO_TRIALS times (1000).
pairs: every pair of transitions from every base, at every statement.
QUAERO_SEED: the first seed (1). Ends with 1 if a mistake is not found, or something in the code as it is.
"""

import asyncio
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.crash.acts import EVERY
from tests.crash.interleavings import run_matrix
from tests.crash.methods import METHODS, Effort, folder, methods_for
from tests.crash.planted import AS_IT_IS, CLASSIC, OF_SEVERAL_WRITERS, PLANTS, plants_for
from tests.crash.races import RACES, run_trials
from tests.places import BACKENDS

PAGE = Path(__file__).parents[2] / "docs" / "planted-mistakes.md"

FOUND = "found"
USUAL = 40
Table = Mapping[str, Mapping[str, str]]

HEAD = """\
# Planted mistakes: who finds what

Classic mistakes of job queues are put into the running code, one at a time (`tests/crash/planted.py`), and every method
of the suite is tried on each. A method that finds nothing anywhere is worth nothing, and so is a suite that misses a
mistake. What a method says counts for nothing ("?") while it also finds something in the code as it is.
Each database has its part, written by `make soak ARGS="table"`.

"""

PARTS = {"sqlite": "## On SQLite", "postgres": "## On PostgreSQL"}
MISTAKES = "## The mistakes"


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(prog="soak", description="the long tests")
    parser.add_argument(
        "--backend", choices=[*BACKENDS, "both"], default=os.environ.get("QUAERO_BACKEND", "both")
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SOAKS)}; all by default")
    given = parser.parse_args(arguments)
    backends = BACKENDS if given.backend == "both" else (given.backend,)
    seed = int(os.environ.get("QUAERO_SEED", "1"))
    return sum(SOAKS[name](backend, seed) for name in given.names or SOAKS for backend in backends) and 1


def soak_table(backend: str, seed: int) -> int:
    trials = int(os.environ.get("QUAERO_TRIALS", str(USUAL)))
    effort = Effort(
        backend,
        trials=trials,
        histories=max(40, 300 * trials // USUAL),
        all_statements=trials >= USUAL,
        seed=seed,
    )
    methods, plants = methods_for(backend), plants_for(backend)
    table = {
        plant: {method: _try(plant, method, effort) for method in methods} for plant in (AS_IT_IS, *plants)
    }
    intro = f"{trials} trials with processes for each, seeds from {seed}."
    text = f"{PARTS[backend]}\n\n{intro}\n\n{markdown(table)}"
    _say(text)
    PAGE.write_text(with_part(PAGE.read_text(encoding="utf-8"), backend, text), encoding="utf-8")
    false = [method for method, found in table[AS_IT_IS].items() if found]
    trusted = [method for method in methods if method not in false]
    missed = [plant for plant in plants if not any(table[plant][method] for method in trusted)]
    _say(f"not found: {', '.join(missed) or 'none'}; found without cause: {', '.join(false) or 'none'}")
    return len(missed) + len(false)


def with_part(page: str, backend: str, part: str) -> str:
    """The page with the part of this database anew; the parts of the others stay."""
    parts = {
        each: page[page.index(title) :].split("\n## ", maxsplit=1)[0].rstrip() + "\n"
        for each, title in PARTS.items()
        if title in page
    }
    parts[backend] = part
    return HEAD + "\n".join([parts[each] for each in PARTS if each in parts] + [mistakes()])


def mistakes() -> str:
    told = {**PLANTS, **OF_SEVERAL_WRITERS}.items()
    return f"{MISTAKES}\n\n" + "".join(
        f"- `{name}`: {(plant.__doc__ or '').strip()}\n" for name, plant in told
    )


def soak_races(backend: str, seed: int) -> int:
    trials, failed = int(os.environ.get("QUAERO_TRIALS", "1000")), 0
    for name, race in RACES.items():
        begun = time.monotonic()
        with folder() as place:
            try:
                asyncio.run(run_trials(race, backend, place, trials, seed))
                found = "all kept"
            except Exception as error:  # noqa: BLE001 - the other races are run, too
                found, failed = f"{error!r} {' '.join(getattr(error, '__notes__', ()))}", failed + 1
        _say(f"{name:30} {trials} trials, seeds from {seed}, {time.monotonic() - begun:.0f} s: {found}")
    return failed


def soak_pairs(backend: str, seed: int) -> int:
    with folder() as place:
        try:
            pairs, cases, deadlocks = asyncio.run(run_matrix(backend, place, seed, exhaustive=True))
        except Exception as error:  # noqa: BLE001 - told as what it is
            _say(f"{error!r} {' '.join(getattr(error, '__notes__', ()))}")
            return 1
    _say(f"{len(EVERY)} transitions, {pairs} pairs of them, {cases} cases: all kept; deadlocks: {deadlocks}")
    return 0


def soak_kills(backend: str, seed: int) -> int:
    return _pytest("tests/crash/test_processes.py", "killed", "3000", backend, seed)


def soak_zombies(backend: str, seed: int) -> int:
    return _pytest("tests/crash/test_processes.py", "past", "300", backend, seed)


def soak_statements(backend: str, seed: int) -> int:
    return _pytest("tests/crash/test_every_statement.py", "", "1", backend, seed)


def soak_histories(backend: str, seed: int) -> int:
    return _pytest("tests/jobs/test_state_machine.py", "", "3000", backend, seed)


def _pytest(file: str, expression: str, trials: str, backend: str, seed: int) -> int:
    """Run the tests of a file whose names fit, with so many trials unless QUAERO_TRIALS says otherwise."""
    environment = {"QUAERO_TRIALS": trials, "QUAERO_SEED": str(seed), **os.environ}
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", file]
    command += ["-k", expression, "--backend", backend]
    return subprocess.run(command, env=environment, check=False).returncode


SOAKS: Mapping[str, Callable[[str, int], int]] = {
    "kills": soak_kills,
    "zombies": soak_zombies,
    "statements": soak_statements,
    "races": soak_races,
    "pairs": soak_pairs,
    "histories": soak_histories,
    "table": soak_table,
}


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _try(plant: str, method: str, effort: Effort) -> str:
    begun = time.monotonic()
    found = METHODS[method](plant, effort)
    sys.stderr.write(
        f"{plant or 'as it is':30} {method:20} {time.monotonic() - begun:7.1f} s  {found[:160]}\n"
    )
    return found


def markdown(table: Table) -> str:
    """The table: a row for each mistake, a column for each method.

    What a method says counts for nothing ("?") if it also finds something in the code as it is.
    """
    methods = list(table[AS_IT_IS])
    lines = [f"| mistake | {' | '.join(methods)} |", f"|---|{'---|' * len(methods)}"]
    lines += [
        f"| {_name(plant)} | {' | '.join(_cell(table, plant, method) for method in methods)} |"
        for plant in table
    ]
    sums = [sum(_cell(table, plant, method) == FOUND for plant in CLASSIC) for method in methods]
    caught = [
        "?" if table[AS_IT_IS][method] else f"{count} of {len(CLASSIC)}"
        for method, count in zip(methods, sums, strict=True)
    ]
    lines.append(f"| of the six classic ones | {' | '.join(caught)} |")
    return "\n".join(lines) + "\n"


def _cell(table: Table, plant: str, method: str) -> str:
    if table[AS_IT_IS][method] and plant != AS_IT_IS:
        return "?"
    return FOUND if table[plant][method] else "-"


def _name(plant: str) -> str:
    return f"`{plant}`" if plant else "none: the code as it is"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
