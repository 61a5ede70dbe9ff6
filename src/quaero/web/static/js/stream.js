// What this tab hears of the events: through the worker that all tabs share, or, where there is none, by itself.
import { url } from "./api.js";
import { EventStream } from "./event-source.js";

const HERE_EVERY = 30_000;
const script = document.querySelector("script[data-worker]")?.dataset.worker;

/** `tell` gets what `EventStream` tells. `position`: the page's; what came after the page was made is told, too. */
export function follow(position, tell) {
  const since = Date.now() - performance.now();
  if (script && globalThis.SharedWorker) {
    try {
      return share(position, since, tell);
    } catch {
      // the browser does not allow it
    }
  }
  return alone(position, tell);
}

function share(position, since, tell) {
  const worker = new SharedWorker(script, { type: "module", name: "quaero" });
  const { port } = worker;
  let heard = since;
  let asked = 0;
  const here = () => {
    if (asked && !document.hidden) return again(); // no answer to the last time: the worker is gone
    asked = Date.now();
    port.postMessage({ here: position, since: heard });
  };
  port.addEventListener("message", ({ data }) => {
    [heard, asked] = [Date.now(), 0];
    tell(data);
  });
  const timer = setInterval(here, HERE_EVERY);
  const leaving = new AbortController();
  const { signal } = leaving;
  const again = (how = share) => {
    clearInterval(timer);
    leaving.abort();
    port.close();
    how(position, heard, tell);
  };
  addEventListener("pagehide", () => port.postMessage({ bye: true }), { signal });
  addEventListener("pageshow", (event) => event.persisted && again(), { signal });
  worker.addEventListener("error", () => again((at, _, listener) => alone(at, listener)), { signal });
  port.start();
  here();
}

/** A stream of its own, while the tab can be seen. */
function alone(position, tell) {
  let stream = null;
  const look = () => {
    if (document.hidden) {
      position = stream?.position ?? position;
      stream?.stop();
      stream = null;
    } else {
      stream ??= new EventStream(url("/api/events?children=false"), position, tell);
    }
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", () => stream?.stop());
  addEventListener("pageshow", (event) => event.persisted && ((stream = null), look()));
  look();
}
