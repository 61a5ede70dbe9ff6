"""Records commands as they look in a terminal: `python tools/record_terminal.py FILE.svg COMMAND...`.

The commands run in a real pseudo-terminal, that of tmux; what they print is shown as it was, in their time.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from terminal_svg import Frame, animated_svg

PROMPT: Final = "prompt"
"""The channel on which the shell tells that it is ready for the next command."""
KEY_SECONDS: Final = 0.045
FRAME_SECONDS: Final = 0.08


class RecordingError(Exception):
    """Nothing can be recorded here; the text is one line."""


@dataclass(frozen=True, slots=True)
class Look:
    """The size of the terminal in cells, and how long one looks at a result, in seconds."""

    columns: int
    rows: int
    pause: float = 1.5
    last_pause: float = 6.0


def main() -> int:
    parser = argparse.ArgumentParser(description="Record commands in a terminal as an animated SVG.")
    parser.add_argument("file", type=Path, help="the SVG to write")
    parser.add_argument("commands", nargs="+", metavar="COMMAND", help="a line for the shell")
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rows", type=int, default=24)
    given = parser.parse_args()
    try:
        record(given.file, given.commands, Path.cwd(), Look(given.columns, given.rows))
    except RecordingError as error:
        print(f"record_terminal: {error}", file=sys.stderr)
        return 1
    return 0


def record(file: Path, commands: Sequence[str], folder: Path, look: Look) -> None:
    """Run the commands in `folder`, one after the other in one shell, and write what was seen to `file`."""
    with _terminal(folder, look) as terminal:
        frames = [frame for command in commands for frame in terminal.play(command, look)]
    frames.append(Frame(frames[-1].lines, look.last_pause))
    svg = animated_svg(frames, columns=look.columns, rows=look.rows, title="; ".join(commands))
    file.write_text(svg, "utf-8")


class _Terminal:
    """A shell in a terminal that nobody sees. `tmux` begins every command to its server."""

    def __init__(self, tmux: tuple[str, ...]) -> None:
        self._tmux = tmux

    def wait_for_prompt(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self._tmux, "wait-for", PROMPT])

    def play(self, command: str, look: Look) -> Iterator[Frame]:
        """Type a command, then watch until the shell asks for the next."""
        for key in command:
            self._send("-l", "--", key)
            time.sleep(KEY_SECONDS)
            yield Frame(self._screen(), KEY_SECONDS)
        ready = self.wait_for_prompt()
        self._send("Enter")
        while ready.poll() is None:
            seen_at, screen = time.monotonic(), self._screen()
            time.sleep(FRAME_SECONDS)
            yield Frame(screen, time.monotonic() - seen_at)
        yield Frame(self._screen(), look.pause)

    def _send(self, *keys: str) -> None:
        subprocess.run([*self._tmux, "send-keys", *keys], check=True)

    def _screen(self) -> tuple[str, ...]:
        words = [*self._tmux, "capture-pane", "-e", "-p"]
        seen = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=True)
        return tuple(line.rstrip() for line in seen.stdout.splitlines())


@contextmanager
def _terminal(folder: Path, look: Look) -> Iterator[_Terminal]:
    missing = [name for name in ("tmux", "bash") if shutil.which(name) is None]
    if missing:
        raise RecordingError(f"{' and '.join(missing)} not found; a recording needs both tmux and bash")
    tmux = ("tmux", "-L", f"record-{os.getpid()}", "-f", os.devnull)
    terminal = _Terminal(tmux)
    size = ["-x", str(look.columns), "-y", str(look.rows)]
    variables = {
        **os.environ,
        "PS1": r"\[\e[32m\]$\[\e[0m\] ",
        "PROMPT_COMMAND": f"{' '.join(tmux)} wait-for -S {PROMPT}",
        "LC_ALL": "C.UTF-8",
    }
    shell = ["bash", "--noprofile", "--norc"]
    subprocess.run([*tmux, "new-session", "-d", *size, "-c", str(folder), *shell], env=variables, check=True)
    try:
        subprocess.run([*tmux, "set", "-g", "status", "off"], check=True)
        terminal.wait_for_prompt().wait()
        yield terminal
    finally:
        subprocess.run([*tmux, "kill-server"], check=True)


if __name__ == "__main__":
    sys.exit(main())
