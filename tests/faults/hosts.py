"""Several hosts on one machine: network namespaces with addresses of their own on a bridge, and a server there.

Needs Linux, root and iproute2. Nothing of it is left when the block ends.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tests.postgres_programs import SUPERUSER
from tests.postgres_server import LocalServer

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from quaero.main import main; main()")
WAIT_SECONDS = 60


def lacking() -> str | None:
    """Why there can be no such hosts here; None: there can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "network namespaces need root on Linux"
    if shutil.which("ip") is None:
        return "network namespaces need the program ip (iproute2)"
    name = f"q{secrets.token_hex(3)}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"network namespaces cannot be made here: {made.stderr.strip()}"
    _ip("netns", "del", name)
    return None


class Host:
    """A network namespace with one address. `cut_off` takes its cable out."""

    def __init__(self, name: str, address: str, cable: str) -> None:
        self.name, self.address, self._cable = name, address, cable

    def cut_off(self) -> None:
        _ip("link", "set", self._cable, "down")

    def connect(self) -> None:
        _ip("link", "set", self._cable, "up")

    def start(self, *arguments: str, log: Path, variables: Mapping[str, str] | None = None) -> "Worker":
        """`quaero` with these arguments on this host; what it says goes to the file."""
        return self.run([*COMMAND, *arguments], log=log, variables=variables)

    def run(
        self, command: Sequence[str], *, log: Path, variables: Mapping[str, str] | None = None
    ) -> "Worker":
        with log.open("a") as output:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.name, *command],  # which becomes the command
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(variables or {})},
                cwd=ROOT,
            )
        return Worker(process, log)


class Worker:
    """A process on a host."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process, self._log = process, log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(WAIT_SECONDS)
        finally:
            self.kill()


class Hosts:
    """So many hosts, and a server that they reach at `url`. A context manager."""

    def __init__(self, count: int, **settings: str | int) -> None:
        tag = secrets.token_hex(3)
        self._bridge = f"qb{tag}"
        self._network = f"10.213.{secrets.randbelow(250)}"
        self._settings = settings
        self.hosts = [
            Host(f"q{tag}-{number}", f"{self._network}.{number + 1}", f"qv{tag}{number}")
            for number in range(1, count + 1)
        ]
        self._rest = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as made:
            self._make_network(made)
            gate = f"{self._network}.1"
            self.server = made.enter_context(
                LocalServer(listen_addresses=f"127.0.0.1,{gate}", **self._settings)
            )
            with (self.server.folder / "data" / "pg_hba.conf").open("a") as file:
                file.write(f"host all all {self._network}.0/24 trust\n")
            self.server.restart()
            self.url = f"postgresql://{SUPERUSER}@{gate}:{self.server.port}"
            self._rest = made.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._rest.close()

    def database(self) -> str:
        """The URL of a new database."""
        return self.url + urlsplit(self.server.create_database()).path

    def _make_network(self, made: contextlib.ExitStack) -> None:
        _ip("link", "add", self._bridge, "type", "bridge")
        made.callback(_ip, "link", "del", self._bridge)
        _ip("addr", "add", f"{self._network}.1/24", "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")
        for host in self.hosts:
            _ip("netns", "add", host.name)
            made.callback(_ip, "netns", "del", host.name)
            _ip("link", "add", host._cable, "type", "veth", "peer", "name", "eth0", "netns", host.name)
            _ip("link", "set", host._cable, "master", self._bridge, "up")
            _ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", "eth0")
            _ip("-n", host.name, "link", "set", "eth0", "up")
            _ip("-n", host.name, "link", "set", "lo", "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
