#!/usr/bin/env python3
"""Runs this project from a copy of its source: `python3 dev.py demo`.

Needs Python 3.11 and nothing else. The first start makes a private environment in `.quaero-dev/`: a pinned
uv, installed by pip, which installs the locked packages, checked by their hashes, and the project itself.
Later starts use what is there until a lock file changes.
"""

# The syntax stays readable for older interpreters, so that they can say what is wrong.
from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
PRIVATE = ROOT / ".quaero-dev"
LOCKS = ROOT / "requirements"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
PYTHON_NEEDED = (3, 11)
SECONDS_BEFORE_A_RELEASE_IS_TRUSTED = 7 * 24 * 60 * 60

# uv does not read the settings of pip: where to download from, and whom to trust there.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


class Command(NamedTuple):
    """What to run; `lock` names the packages that it needs, `here` keeps it in the caller's folder."""

    help: str
    lock: str
    words: tuple[str, ...]
    here: bool = False


COMMANDS = {
    "demo": Command("crawl and search the bundled site, offline", "runtime", ("quaero", "demo")),
    "run": Command("run quaero with the arguments given", "runtime", ("quaero",), here=True),
    # Without code positions: Python 3.11 parses source for the marks in a traceback, and fails where that happens
    # while it parses something else.
    "test": Command(
        "run the tests; arguments go to pytest", "dev", ("python", "-X", "no_debug_ranges", "-m", "pytest")
    ),
    "lint": Command("look for mistakes", "dev", ("ruff", "check")),
    "format": Command("lay out the code; --check only looks", "dev", ("ruff", "format")),
    "types": Command("check the types", "dev", ("mypy",)),
    "contracts": Command("check the direction of imports", "dev", ("lint-imports",)),
    "real": Command(
        "crawl real sites, also killed on the way, and compare", "runtime", ("python", "tools/real.py")
    ),
    "soak": Command("run the long tests, by name", "dev", ("python", "-m", "tests.crash.soak")),
    "bench": Command("run one script of bench/, by name", "dev", ("python",)),
    "shell": Command("open a shell in the environment", "dev", (os.environ.get("SHELL", "sh"),), here=True),
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHECKS = (("lint",), ("format", "--check"), ("types",), ("contracts",), ("test",))
OWN_COMMANDS = {
    "check": "lint, format, types, contracts and tests",
    "lock": "choose the locked versions anew",
}


class SetUpError(Exception):
    """The project cannot be run here; the text is one line."""


def main(arguments: Sequence[str]) -> int:
    name, *rest = arguments or ["help"]
    if name == "check":
        return check()
    if name == "lock":
        return lock()
    if name in COMMANDS:
        hand_over(name, rest)
    known = {**{name: command.help for name, command in COMMANDS.items()}, **OWN_COMMANDS}
    print("usage: python3 dev.py COMMAND [ARGUMENTS]\n")
    print("\n".join(f"  {name:<10} {text}" for name, text in known.items()))
    return 0 if name in ("help", "--help", "-h") else 2


def hand_over(name: str, arguments: Sequence[str]) -> None:
    """Become the command: signals reach it directly, and its exit code is ours."""
    command = COMMANDS[name]
    variables = inside(environment(command.lock))
    if name == "test":
        find_browser()
    program, *words = command_line(name, arguments, variables)
    os.chdir(Path.cwd() if command.here else ROOT)
    if os.name == "nt":
        sys.exit(subprocess.run([program, *words], env=variables, check=False).returncode)
    os.execve(program, [program, *words], variables)  # noqa: S606 - no shell is wanted


def command_line(name: str, arguments: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """The full path of a command's program, and its arguments."""
    program, *words = COMMANDS[name].words
    found = shutil.which(program, path=variables["PATH"])
    if found is None:
        raise SetUpError(f"{program} was not found in {variables['VIRTUAL_ENV']}")
    return [found, *words, *(benchmark(arguments) if name == "bench" else arguments)]


def benchmark(arguments: Sequence[str]) -> list[str]:
    """The script of a benchmark that is named without folder and suffix, and its arguments."""
    known = sorted(script.stem for script in ROOT.glob("bench/[a-z]*.py"))
    if not arguments or arguments[0] not in known:
        raise SetUpError(f"bench needs one of: {', '.join(known)}")
    return [f"bench/{arguments[0]}.py", *arguments[1:]]


def check() -> int:
    """Run all checks, also those after a failure."""
    variables = inside(environment("dev"))
    find_browser()
    failed = []
    for name, *arguments in CHECKS:
        print(f"== {name}", flush=True)
        if subprocess.run(
            command_line(name, arguments, variables), cwd=ROOT, env=variables, check=False
        ).returncode:
            failed.append(name)
    print("== failed: " + ", ".join(failed) if failed else "== all checks passed")
    return 1 if failed else 0


def environment(lock_name: str) -> Path:
    """The environment with the packages of a lock file and the project; made or renewed if need be."""
    for name in (lock_name, "dev"):  # the larger one will do
        if is_ready(PRIVATE / name, stamp(name)):
            return PRIVATE / name
    folder = PRIVATE / lock_name
    with one_at_a_time():
        if not is_ready(folder, stamp(lock_name)):
            print(f"dev.py: installing the {lock_name} packages", file=sys.stderr, flush=True)
            install(folder, lock_name)
    return folder


def install(folder: Path, lock_name: str) -> None:
    uv = [str(installed_uv()), "--quiet"]
    variables = download_variables()
    into = ["--python", str(folder)]
    make = [*uv, "venv", "--clear", "--python", sys.executable, str(folder)]
    locked = ["--require-hashes", str(LOCKS / f"{lock_name}.lock")]
    as_it_stands = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    step("cannot make an environment", make, variables)
    step(
        "cannot install the packages, which needs a network the first time",
        [*uv, "pip", "sync", *into, *locked],
        variables,
    )
    step("cannot install the project", [*uv, "pip", "install", *into, *as_it_stands], variables)
    mark_ready(folder, stamp(lock_name))


def installed_uv() -> Path:
    """The pinned uv, in an environment of its own."""
    folder = PRIVATE / "uv"
    python = folder / SCRIPTS / "python"
    pinned = LOCKS / "uv.txt"
    expected = digest(pinned)
    if not is_ready(folder, expected):
        step("cannot make an environment", [sys.executable, "-m", "venv", "--clear", str(folder)], os.environ)
        only_as_pinned = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(pinned)]
        step(
            "cannot install uv, which needs a network the first time",
            [str(python), "-m", "pip", "install", "--quiet", *only_as_pinned],
            os.environ,
        )
        mark_ready(folder, expected)
    return folder / SCRIPTS / "uv"


def find_browser() -> None:
    """The tests of the pages need Chromium: install it where that can be done, else say so, and go on without."""
    if any(map(shutil.which, BROWSERS)):
        return
    if not may_install():
        print("dev.py: the tests of the pages need Chromium: apt-get install chromium", file=sys.stderr)
        return
    print("dev.py: installing Chromium, for the tests of the pages", file=sys.stderr, flush=True)
    quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        step("cannot look for Chromium", ["apt-get", "update", "-qq"], quietly)
        step(
            "cannot install Chromium",
            ["apt-get", "install", "-qq", "--no-install-recommends", "chromium"],
            quietly,
        )
    except SetUpError as error:
        print(f"dev.py: {error}", file=sys.stderr)


def may_install() -> bool:
    """Whether this is root on a system with the packages of Debian."""
    return os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def step(what: str, words: Sequence[str], variables: Mapping[str, str], given: str = "") -> None:
    """Run one step of the set-up; a failure becomes one line."""
    done = subprocess.run(
        words, cwd=ROOT, env=variables, input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = [line.strip(" \t│╰─▶\u00d7") for line in done.stderr.splitlines()]
        telling = [line for line in lines if line and not line.startswith("WARNING")]
        reason = ": ".join(dict.fromkeys(telling[:1] + telling[-1:])) or f"exit code {done.returncode}"
        raise SetUpError(f"{what}: {reason}")


def download_variables() -> Mapping[str, str]:
    """Our variables, and the settings of pip under the names of uv. What is set for uv itself wins."""
    listing = [str(PRIVATE / "uv" / SCRIPTS / "python"), "-m", "pip", "config", "list"]
    listed = subprocess.run(listing, capture_output=True, text=True, check=False).stdout
    variables = {"UV_PYTHON_DOWNLOADS": "never"}
    for line in listed.splitlines():  # variables come before files, and beat them
        key, _, value = line.partition("=")
        name = UV_NAMES.get(key.rpartition(".")[2])
        if name:
            variables.setdefault(name, " ".join(str(ast.literal_eval(value)).split()))
    if "UV_INDEX" in variables:  # every version and hash is fixed, so it does not matter who sends it
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {**variables, **os.environ}


def lock() -> int:
    """Write the lock files anew: the newest versions that are at least a week old, for every platform."""
    with one_at_a_time():
        compile_ = [str(installed_uv()), *compile_options()]
    runtime = ["--output-file", "requirements/runtime.lock", "pyproject.toml", "-"]
    dev = ["--output-file", "requirements/dev.lock", "--group", "dev", "pyproject.toml", "-"]
    as_runtime = ["--constraint", "requirements/runtime.lock"]
    step("cannot lock", [*compile_, *runtime], os.environ, given=build_requirements())
    step("cannot lock", [*compile_, *as_runtime, *dev], os.environ, given=build_requirements())
    step("cannot lock", [*compile_, "--output-file", "requirements/uv.txt", "-"], os.environ, given="uv")
    return 0


def compile_options() -> list[str]:
    newest = time.strftime("%Y-%m-%d", time.gmtime(time.time() - SECONDS_BEFORE_A_RELEASE_IS_TRUSTED))
    options = ["--quiet", "pip", "compile", "--universal", "--generate-hashes", "--upgrade", "--no-annotate"]
    options += [
        "--python-version",
        ".".join(map(str, PYTHON_NEEDED)),
        "--exclude-newer",
        newest,
    ]
    return [*options, "--custom-compile-command", "python3 dev.py lock"]


def build_requirements() -> str:
    """What the project is built with, which is locked like everything else."""
    import tomllib  # noqa: PLC0415 - older interpreters have to get as far as `missing`

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return "\n".join([*project["build-system"]["requires"], "editables"])  # hatchling wants it for --editable


def inside(folder: Path) -> Mapping[str, str]:
    """The variables of a process that runs in an environment."""
    path = os.pathsep.join([str(folder / SCRIPTS), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "VIRTUAL_ENV": str(folder)}


def stamp(lock_name: str) -> str:
    """Changes with everything that an environment is made from."""
    return digest(LOCKS / f"{lock_name}.lock", ROOT / "pyproject.toml", LOCKS / "uv.txt")


def digest(*files: Path) -> str:
    made_by = f"{sys.version} {sys.executable} {ROOT}".encode()
    return hashlib.sha256(b"\0".join([made_by, *(file.read_bytes() for file in files)])).hexdigest()


def is_ready(folder: Path, expected: str) -> bool:
    mark = folder / "ready"
    return mark.exists() and mark.read_text("ascii") == expected


def mark_ready(folder: Path, reached: str) -> None:
    (folder / "ready").write_text(reached, "ascii")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two starts at once must not install into the same folder."""
    PRIVATE.mkdir(exist_ok=True)
    with (PRIVATE / "lock").open("w") as file:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl  # noqa: PLC0415

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def missing() -> str | None:
    """What this machine lacks, in one line."""
    if sys.version_info < PYTHON_NEEDED:
        here = ".".join(map(str, sys.version_info[:3]))
        return f"Python 3.11 or newer is needed; {sys.executable} is {here}"
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        return "this Python has no venv module; on Debian and Ubuntu: apt install python3-venv"
    return None


if __name__ == "__main__":
    lack = missing()
    if lack:
        sys.exit(f"dev.py: {lack}")
    try:
        sys.exit(main(sys.argv[1:]))
    except (SetUpError, OSError) as error:
        sys.exit(f"dev.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
