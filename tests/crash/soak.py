"""The long tests, by name or all: `python -m tests.crash.soak [kills] [zombies] [races] [pairs] [histories] [table]`.

kills: QUAERO_TRIALS (3000) trees whose workers are killed at random moments, until they have ended.
zombies: QUAERO_TRIALS (300) workers and orchestrators that are stopped past their lease and go on.
histories: QUAERO_TRIALS (3000) random histories of the store against the model of the tree.

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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.crash.acts import EVERY
from tests.crash.interleavings import run_matrix
from tests.crash.methods import METHODS, Effort, folder
from tests.crash.planted import AS_IT_IS, CLASSIC, PLANTS
from tests.crash.races import RACES, run_trials

PAGE = Path(__file__).parents[2] / "docs" / "planted-mistakes.md"

FOUND = "found"
Table = Mapping[str, Mapping[str, str]]

HEAD = """\
# Planted mistakes: who finds what

Classic mistakes of job queues are put into the running code, one at a time (`tests/crash/planted.py`), and every method
of the suite is tried on each. A method that finds nothing anywhere is worth nothing, and so is a suite that misses a
mistake. What a method says counts for nothing ("?") while it also finds something in the code as it is.
Written by `make soak`; {trials} trials with processes for each, seeds from {seed}.

"""


def main(names: Sequence[str]) -> int:
    seed = int(os.environ.get("QUAERO_SEED", "1"))
    return sum(SOAKS[name](seed) for name in names or SOAKS) and 1


def soak_table(seed: int) -> int:
    trials = int(os.environ.get("QUAERO_TRIALS", "40"))
    effort = Effort(trials=trials, histories=300, seed=seed)
    table = {
        plant: {method: _try(plant, method, effort) for method in METHODS} for plant in (AS_IT_IS, *PLANTS)
    }
    text = HEAD.format(trials=trials, seed=seed) + markdown(table)
    sys.stdout.write(text)
    PAGE.write_text(text, encoding="utf-8")
    false = [method for method, found in table[AS_IT_IS].items() if found]
    trusted = [method for method in METHODS if method not in false]
    missed = [plant for plant in PLANTS if not any(table[plant][method] for method in trusted)]
    _say(f"not found: {', '.join(missed) or 'none'}; found without cause: {', '.join(false) or 'none'}")
    return len(missed) + len(false)


def soak_races(seed: int) -> int:
    trials, failed = int(os.environ.get("QUAERO_TRIALS", "1000")), 0
    for name, race in RACES.items():
        begun = time.monotonic()
        with folder() as place:
            try:
                asyncio.run(run_trials(race, place, trials, seed))
                found = "all kept"
            except Exception as error:  # noqa: BLE001 - the other races are run, too
                found, failed = f"{error!r} {' '.join(getattr(error, '__notes__', ()))}", failed + 1
        _say(f"{name:30} {trials} trials, seeds from {seed}, {time.monotonic() - begun:.0f} s: {found}")
    return failed


def soak_pairs(seed: int) -> int:
    with folder() as place:
        try:
            pairs, cases = asyncio.run(run_matrix(place, seed, exhaustive=True))
        except Exception as error:  # noqa: BLE001 - told as what it is
            _say(f"{error!r} {' '.join(getattr(error, '__notes__', ()))}")
            return 1
    _say(f"{len(EVERY)} transitions, {pairs} pairs of them, {cases} cases: all kept")
    return 0


def soak_kills(seed: int) -> int:
    return _pytest("tests/crash/test_processes.py", "killed", "3000", seed)


def soak_zombies(seed: int) -> int:
    return _pytest("tests/crash/test_processes.py", "past", "300", seed)


def soak_histories(seed: int) -> int:
    return _pytest("tests/jobs/test_state_machine.py", "", "3000", seed)


def _pytest(file: str, expression: str, trials: str, seed: int) -> int:
    """Run the tests of a file whose names fit, with so many trials unless QUAERO_TRIALS says otherwise."""
    environment = {"QUAERO_TRIALS": trials, "QUAERO_SEED": str(seed), **os.environ}
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", file, "-k", expression]
    return subprocess.run(command, env=environment, check=False).returncode


SOAKS: Mapping[str, Callable[[int], int]] = {
    "kills": soak_kills,
    "zombies": soak_zombies,
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
    lines = [f"| mistake | {' | '.join(METHODS)} |", f"|---|{'---|' * len(METHODS)}"]
    lines += [
        f"| {_name(plant)} | {' | '.join(_cell(table, plant, method) for method in METHODS)} |"
        for plant in table
    ]
    sums = [sum(_cell(table, plant, method) == FOUND for plant in CLASSIC) for method in METHODS]
    caught = [
        "?" if table[AS_IT_IS][method] else f"{count} of {len(CLASSIC)}"
        for method, count in zip(METHODS, sums, strict=True)
    ]
    lines.append(f"| of the six classic ones | {' | '.join(caught)} |")
    lines += ["", "The mistakes:", ""]
    lines += [f"- `{name}`: {(plant.__doc__ or '').strip()}" for name, plant in PLANTS.items()]
    return "\n".join(lines) + "\n"


def _cell(table: Table, plant: str, method: str) -> str:
    if table[AS_IT_IS][method] and plant != AS_IT_IS:
        return "?"
    return FOUND if table[plant][method] else "-"


def _name(plant: str) -> str:
    return f"`{plant}`" if plant else "none: the code as it is"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
