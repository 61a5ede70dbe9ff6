"""The desk where the jobs of `tests.cli.desk_work` wait, in whatever process they are executed."""

import queue
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 30
"""Nothing here takes that long; a test that waits longer has failed."""


@dataclass
class Visitor:
    """A job at the desk. `left` is set when it has gone, answered or not."""

    pid: int
    name: str
    _connection: socketserver.StreamRequestHandler
    left: threading.Event = field(default_factory=threading.Event)

    def release(self, answer: str = "done") -> None:
        self._connection.wfile.write(f"{answer}\n".encode())

    def wait_until_gone(self) -> None:
        assert self.left.wait(SECONDS), f"{self.name} is still there"


class Desk:
    """`socket` is where jobs go. They wait to be released, unless it is open: then each is let go at once."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self._visitors: queue.Queue[Visitor] = queue.Queue()
        self._open = threading.Event()

    def next(self) -> Visitor:
        """The next job that comes; waits for it."""
        return self._visitors.get(timeout=SECONDS)

    @property
    def empty(self) -> bool:
        """Whether nobody else has come."""
        return self._visitors.empty()

    def open(self) -> None:
        self._open.set()

    def definition(self, name: str = "desk", *, count: int = 1, more: str = "", step: str = "") -> Path:
        """A definition file of one step with so many jobs; `more` and `step` are lines of it."""
        file = self.socket.parent / f"{name}.toml"
        file.write_text(
            f'id = "{name}"\nname = "{name.title()}"\n{more}\n'
            f'[[steps]]\nname = "work"\naction = "desk"\nretry = {{ max_attempts = 1 }}\n'
            f'[steps.config]\nsocket = "{self.socket}"\ncount = {count}\n{step}\n',
            encoding="utf-8",
        )
        return file

    def receive(self, handler: socketserver.StreamRequestHandler) -> None:
        pid, _, name = handler.rfile.readline().decode().strip().partition(" ")
        if not pid:
            return
        visitor, is_open = Visitor(int(pid), name, handler), self._open.is_set()
        self._visitors.put(visitor)
        if is_open:
            visitor.release()
        handler.rfile.read()  # until the job goes
        visitor.left.set()


@contextmanager
def desk_at(socket: Path) -> Iterator[Desk]:
    desk = Desk(socket)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            desk.receive(self)

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True
        request_queue_size = 600

    with Server(str(socket), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield desk
        finally:
            server.shutdown()
            thread.join()


def install(folder: Path) -> None:
    """Make `folder` one that brings the work of the desk when it is on the import path."""
    info = folder / "desk_work-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: desk-work\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[quaero.managers]\ndesk = tests.cli.desk_work:DeskManager\n"
        "[quaero.workers]\ndesk_job = tests.cli.desk_work:DeskWorker\n"
    )
