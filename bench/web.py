"""The pages and the live events: many readers, the way from a commit to a page, the first paint of each page."""

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright
from support.figures import Figure, print_figures
from support.stream_readers import Readers

PAGES: Final = (
    "/", "/definitions", "/definitions/new", "/jobs", "/jobs?filter=state:failed", "/jobs/{run}", "/jobs/{child}",
    "/documents", "/documents/{document}", "/search?q=words", "/schedule", "/workers", "/credentials", "/settings",
    "/help",
)  # fmt: skip
PAINTED: Final = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
VISITS: Final = 5
FRAMES: Final = """() => {
  window.frames_ = []; let last = performance.now();
  const next = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(next); };
  requestAnimationFrame(next);
}"""
ARRIVALS: Final = """async () => {
  const base = document.querySelector("script[data-worker]").src;
  const { onEvents } = await import(base.replace("base.js", "live.js"));
  window.arrived = {}; window.got = 0;
  onEvents((events) => {
    window.got += events.length;
    requestAnimationFrame(() => setTimeout(() => {
      for (const { run_id } of events) window.arrived[run_id] ??= Date.now();
    }));
  });
}"""


class Child:
    """A process that answers each line of its input with one of its output. `first`: the line that it began with."""

    def __init__(self, script: str, *arguments: str) -> None:
        command = [sys.executable, str(Path(__file__).parent / "support" / script), *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.first = self._answer()

    def ask(self, *call: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        return json.loads(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def main() -> int:
    options = _options()
    figures: dict[str, float] = {}
    readers, slow, ticks = (100, 10, 10) if options.quick else (900, 100, 100)
    with _children() as (server, raw):
        if options.only != "pages":
            figures |= _told(asyncio.run(_many_readers(server, raw, readers, slow, ticks)))
        if options.only == "readers":
            return _print(figures, as_json=options.json)
        with _browser() as browser:
            figures |= _told(_commit_to_page(server, browser, ticks))
            figures |= _told(_first_paint(server, browser, quick=options.quick))
            figures |= _told(_many_events(server, browser, 2_000 if options.quick else 20_000))
    return _print(figures, as_json=options.json)


def _print(figures: Mapping[str, float], *, as_json: bool) -> int:
    print_figures({name: Figure((value,)) for name, value in figures.items()}, as_json=as_json)
    return 0


def _told(figures: Mapping[str, float]) -> Mapping[str, float]:
    """The figures, told as they come: a run that is cut off has not been for nothing."""
    for name, value in figures.items():
        print(f"{name} {value:.4g}", file=sys.stderr, flush=True)
    return figures


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure pages and live events.")
    parser.add_argument("--quick", action="store_true", help="few readers, few rows")
    parser.add_argument("--only", choices=["readers", "pages"], help="one half of it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


@contextmanager
def _children() -> Iterator[tuple[Child, Child]]:
    """A server of ours and the raw limit beside it."""
    with tempfile.TemporaryDirectory(prefix="quaero-bench-") as folder:
        children = Child("web_process.py", f"sqlite:///{folder}/bench.db"), Child("broadcast_process.py")
        try:
            yield children
        finally:
            for child in children:
                child.close()


async def _many_readers(server: Child, raw: Child, quick: int, slow: int, ticks: int) -> Mapping[str, float]:
    """From the commit of a launch to each of the readers, and what the readers cost the server."""
    address = urlsplit(server.first)
    request = (
        f"GET /api/events?children=false HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer bench\r\n\r\n"
    ).encode()
    ours, limit = Readers(), Readers()
    await asyncio.to_thread(server.ask, "tick", 20, 0.02)
    before = await asyncio.to_thread(server.ask, "megabytes")
    assert address.hostname is not None
    assert address.port is not None
    await ours.connect(address.hostname, address.port, request, quick=quick, slow=slow)
    await asyncio.to_thread(server.ask, "tick", 5, 0.5)
    connected = await asyncio.to_thread(server.ask, "megabytes")
    sent = await asyncio.to_thread(server.ask, "tick", ticks, 0.3)
    await ours.all_have(sent[-1][0], quick)
    after = await asyncio.to_thread(server.ask, "megabytes")
    ours.close()
    await limit.connect("127.0.0.1", int(raw.first), b"", quick=quick, slow=0)
    raw_sent = []
    for number in range(1, ticks + 1):
        raw_sent.append((number, await asyncio.to_thread(raw.ask, number)))
        await asyncio.sleep(0.02)
    await limit.all_have(ticks, quick)
    limit.close()
    waits, raw_waits = _waits(ours, sent), _waits(limit, raw_sent)
    return {
        "readers": quick + slow,
        "slow_readers": slow,
        "commit_to_reader_p50_ms": _at(waits, 0.5),
        "commit_to_reader_p99_ms": _at(waits, 0.99),
        "raw_broadcast_p50_ms": _at(raw_waits, 0.5),
        "raw_broadcast_p99_ms": _at(raw_waits, 0.99),
        "ratio_of_p99_to_raw": _at(waits, 0.99) / _at(raw_waits, 0.99),
        "server_megabytes_before_readers": before,
        "server_megabytes_with_readers": connected,
        "server_megabytes_after_all_events": after,
    }


def _waits(readers: Readers, sent: list[tuple[int, float]]) -> list[float]:
    """Milliseconds from each sending to each reader."""
    return sorted(max(0.0, 1_000 * (seen - at)) for number, at in sent for seen in readers.seen[number])


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


@contextmanager
def _browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _signed_in(server: Child, browser: Browser) -> Page:
    page = browser.new_page()
    page.goto(f"{server.first}/?token=bench")
    page.wait_for_url(f"{server.first}/")
    page.wait_for_selector("#live[data-state=live]")
    return page


def _commit_to_page(server: Child, browser: Browser, ticks: int) -> Mapping[str, float]:
    """From the commit of a launch to the frame after its events were applied."""
    page = _signed_in(server, browser)
    page.evaluate(ARRIVALS)
    sent = server.ask("tick", ticks, 0.15)
    page.wait_for_function("(run) => window.arrived[run]", arg=str(sent[-1][0]))
    arrived = {int(run_id): at for run_id, at in page.evaluate("() => window.arrived").items()}
    page.close()
    waits = sorted(max(0.0, arrived[run_id] - 1_000 * at) for run_id, at in sent if run_id in arrived)
    return {"commit_to_page_p50_ms": _at(waits, 0.5), "commit_to_page_p99_ms": _at(waits, 0.99)}


def _many_events(server: Child, browser: Browser, count: int) -> Mapping[str, float]:
    """Frames of the page of a run while all of its children are executed, and then while runs come and go."""
    page = _signed_in(server, browser)
    run_id = server.ask("begin", count)
    page.goto(f"{server.first}/jobs/{run_id}")
    page.evaluate(ARRIVALS)
    page.evaluate(FRAMES)
    page.wait_for_function(
        "() => /completed|failed/.test(document.querySelector('#run-head .state')?.textContent)",
        timeout=120_000,
    )
    run_frames = sorted(page.evaluate("() => window.frames_"))
    page.goto(f"{server.first}/jobs")
    page.evaluate(ARRIVALS)
    page.evaluate(FRAMES)
    began = page.evaluate("() => performance.now()")
    sent = server.ask("tick", count // 40, 0.001)
    page.wait_for_function("(run) => window.arrived[run]", arg=str(sent[-1][0]))
    seconds = (page.evaluate("() => performance.now()") - began) / 1_000
    frames, got = sorted(page.evaluate("() => window.frames_")), page.evaluate("() => window.got")
    page.close()
    return {
        "run_page_frame_p99_ms": _at(run_frames, 0.99),
        "run_page_longest_frame_ms": run_frames[-1],
        "list_page_events_per_second": got / seconds,
        "list_page_frame_p99_ms": _at(frames, 0.99),
        "list_page_longest_frame_ms": frames[-1],
    }


def _first_paint(server: Child, browser: Browser, *, quick: bool) -> Mapping[str, float]:
    """The median first contentful paint of each page over a store with 10,000 jobs and 5,000 documents."""
    jobs, documents = (500, 200) if quick else (10_000, 5_000)
    run_id = server.ask("fill", jobs, documents)
    page = _signed_in(server, browser)
    document = page.evaluate(
        "async () => (await (await fetch('/api/documents?limit=1')).json()).items?.[0]?.id"
    )
    figures = {}
    for path in PAGES:
        target = path.format(run=run_id, child=run_id + 2, document=document)
        if page.goto(server.first + target).status != 200:  # type: ignore[union-attr]
            continue
        paints = []
        for _ in range(VISITS):
            page.goto(server.first + target)
            page.wait_for_function(PAINTED)
            paints.append(page.evaluate(PAINTED))
        figures[f"first_paint_ms {path}"] = sorted(paints)[VISITS // 2]
    return figures


if __name__ == "__main__":
    sys.exit(main())
