"""Makes docs/images/demo.svg: a definition run against the bundled site, slowly enough to be seen, and a search.

`python tools/record_demo.py`, in the environment of the project; needs tmux.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from record_terminal import Look, RecordingError, record

from quaero.demo.server import MAX_DEPTH, demo_site

FILE: Final = Path(__file__).parents[1] / "docs" / "images" / "demo.svg"
COMMANDS: Final = (
    "cat handbook.toml",
    "clear",
    "quaero run handbook.toml",
    "clear",
    "quaero search --limit 3 worker killed lease",
)
LOOK: Final = Look(columns=100, rows=22)
DEFINITION: Final = """\
id = "handbook"
name = "The handbook"

[[steps]]
name = "crawl"
action = "crawl"
[steps.config]
start_urls = ["{url}"]
max_depth = {depth}
rate_limit = "70ms"
allow_private = ["{host}"]

[[steps]]
name = "index"
action = "reindex"
"""


def main() -> int:
    try:
        asyncio.run(_record())
    except RecordingError as error:
        print(f"record_demo: {error}", file=sys.stderr)
        return 1
    print(f"wrote {FILE.name}, {FILE.stat().st_size // 1000} kB")
    return 0


async def _record() -> None:
    async with demo_site() as site:
        host = site.url.removeprefix("http://").removesuffix("/")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "quaero.toml").write_text('database = "sqlite:///handbook.db"\n')
            (folder / "handbook.toml").write_text(DEFINITION.format(url=site.url, host=host, depth=MAX_DEPTH))
            await asyncio.to_thread(record, FILE, COMMANDS, folder, LOOK)


if __name__ == "__main__":
    sys.exit(main())
