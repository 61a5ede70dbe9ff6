"""Pages that keep the events that they get."""

from playwright.sync_api import Locator, Page

_LISTEN = """async () => {
  const base = document.querySelector("script[data-worker]").src;
  const { onEvents } = await import(base.replace("base.js", "live.js"));
  window.seen = [];
  window.snapshots = [];
  const ask = window.fetch;
  window.fetch = async (...request) => {
    const answer = await ask(...request);
    if (!answer.headers.get("content-type")?.startsWith("text/html")) return answer;
    const position = (await answer.clone().text().catch(() => "")).match(/data-position="([^"]*)"/);
    if (position) window.snapshots.push(position[1]);
    return answer;
  };
  onEvents((events) => window.seen.push(...events));
}"""


def listen(page: Page) -> None:
    """Let the page keep the events that it gets from now on."""
    page.evaluate(_LISTEN)


def numbers(page: Page, run_id: int) -> list[int]:
    """The numbers of the events of a run that the page got, in the order in which they came."""
    found: list[int] = page.evaluate(
        "(run) => window.seen.filter((event) => event.run_id === run).map((event) => event.number)",
        str(run_id),
    )
    return found


def in_snapshots(page: Page, run_id: int) -> int:
    """Up to which number the events of a run were in what the page has fetched anew; it does not apply those again."""
    positions: list[str] = page.evaluate("() => window.snapshots")
    pairs = [pair.split(".") for text in positions for pair in text.rpartition("~")[2].split("-") if pair]
    return max((int(number) for run, number in pairs if run == str(run_id)), default=0)


def wait_for_end(page: Page, run_id: int) -> None:
    """Until the page got the last event of the run."""
    page.wait_for_function(
        """(run) => window.seen.some(({ run_id, job_id, type }) =>
          run_id === run && job_id === run && /^job_(completed|failed|cancelled)$/.test(type))""",
        arg=str(run_id),
    )


def twice(page: Page) -> list[str]:
    """The events that the page got more than once, or out of order."""
    found: list[str] = page.evaluate(
        """() => {
          const last = {};
          return window.seen.filter(({ run_id, number }) => {
            const wrong = number <= (last[run_id] ?? 0);
            last[run_id] = number;
            return wrong;
          }).map(({ run_id, number }) => `${run_id}.${number}`);
        }"""
    )
    return found


def chip(page: Page) -> Locator:
    return page.locator("#live")
