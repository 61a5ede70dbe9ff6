// The log of a page goes on while its job does.
import { get, url } from "./api.js";
import { onEvents } from "./live.js";
import { safeLines } from "./text.js";

const MOST = 2000; // lines on the page
const PAGE = 500;
const CALM = 400; // milliseconds between two looks

export function startLog(log, follow) {
  const empty = document.querySelector("#log-empty");
  let { after } = log.dataset;
  let waiting, busy;
  const toEnd = () => (log.scrollTop = log.scrollHeight);
  toEnd();

  async function look() {
    waiting = undefined;
    if (busy || !follow.checked) return;
    busy = true;
    try {
      const given = new URLSearchParams({ after, limit: PAGE, level: log.dataset.level, text: log.dataset.text });
      for (const name of ["level", "text"]) if (!given.get(name)) given.delete(name);
      const { items } = await get(`/api/jobs/${log.dataset.job}/logs?${given}`);
      add(items);
      if (items.length === PAGE) soon();
    } catch {
      soon(5000); // the chip says that the server is away
    } finally {
      busy = false;
    }
  }

  function add(items) {
    if (!items.length) return;
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 40;
    after = items.at(-1).id;
    log.append(...items.map(lineOf));
    while (log.children.length > MOST) log.firstElementChild.remove();
    empty.hidden = true;
    if (atEnd) toEnd();
  }

  const soon = (wait = CALM) => (waiting ??= setTimeout(look, wait));
  onEvents(() => soon());
  follow.addEventListener("change", () => follow.checked && soon(0));
  if (!follow.disabled) soon();
}

function lineOf(line) {
  const row = document.createElement("p");
  row.className = `line ${line.level}`;
  const at = new Date(line.at);
  const time = Object.assign(document.createElement("time"), { dateTime: line.at, title: line.at, textContent: at.toLocaleString("sv") });
  const level = Object.assign(document.createElement("b"), { textContent: line.level });
  const job = Object.assign(document.createElement("a"), { href: url(`/jobs/${line.job_id}`), textContent: line.job_id });
  const text = Object.assign(document.createElement("span"), { textContent: safeLines(line.message) });
  row.append(time, " ", level, " ", job, " ", text);
  return row;
}
