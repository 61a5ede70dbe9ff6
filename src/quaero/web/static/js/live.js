// What goes on meanwhile.
//
// <section id="runs" data-live>              fetched anew with its page when something happened, at most every 400 ms
// <section id="tree" data-live data-run="7"> the same, only when it happened in run 7
// data-every="10"                            on such a part: also every 10 seconds, for what no event tells (workers)
// When such a part comes or goes, all of <main> is brought up to date. What scripts draw or change in the page must be
// marked `data-keep`, or it goes.
// <span data-count-of="9:failed">            a count of job 9 (total, pending, running, completed, failed, cancelled,
//                                            documents), right at once
// <span data-text-of="9">                    the same for its line "66 pending, 1 running, …"
//
// onEvents(fn): fn gets a list of new events (as /api/events?children=false gives them), each exactly once in this tab.
// refresh(): fetch the page anew now; fulfilled when what is shown is up to date.
// The chip says live, reconnecting, or since when what is shown may be out of date.
import { url } from "./api.js";
import { morph } from "./morph.js";
import { follow } from "./stream.js";

const PAUSE = 400;
const PATIENCE = 8_000; // so long a lost connection is only "reconnecting"
const listeners = [];
const reached = numbersOf(document.body.dataset.position); // by run: the last event that this page knows
const standings = new Map(); // the last progress event of each parent
let connection = { state: "connecting", since: Date.now() };
let failedSince = 0; // when fetching the page failed first
let running = null;
let next = null;
let timer = 0;
let wanted = false;
let rested = 0; // when the next fetch may begin

export const onEvents = (listener) => listeners.push(listener);

/** Fetch the page anew and bring its live parts up to date. */
export function refresh() {
  if (running) return (next ??= running.then(() => ((next = null), refresh())));
  running = fetchPage().finally(() => (running = null));
  return running;
}

async function fetchPage() {
  clearTimeout(timer);
  timer = 0;
  wanted = false;
  if (!document.querySelector("[data-live]")) return;
  const address = location.href;
  const began = performance.now();
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (response.redirected) return signIn();
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (location.href === address) show(fresh);
    failedSince = 0;
  } catch {
    failedSince ||= Date.now();
    setTimeout(soon, 2_000);
  } finally {
    rested = performance.now() + Math.max(PAUSE, 2 * (performance.now() - began));
    tellState();
  }
}

function show(fresh) {
  document.title = fresh.title;
  const ids = (page) => [...page.querySelectorAll("[data-live]")].map(({ id }) => id).join();
  const parts = ids(document) === ids(fresh) ? document.querySelectorAll("[data-live]") : [document.querySelector("main")];
  for (const part of parts) {
    const other = fresh.getElementById(part.id);
    if (other) morph(part, document.adoptNode(other));
  }
  const there = numbersOf(fresh.body.dataset.position);
  for (const [run, number] of there) if (number > (reached.get(run) ?? 0)) reached.set(run, number);
  for (const event of standings.values()) if (event.number > (there.get(event.run_id) ?? Infinity)) showCounts(event);
}

/** Refresh when it is time, or when the tab is seen again. */
function soon() {
  wanted = true;
  if (timer || document.hidden || "leaving" in document.body.dataset) return;
  timer = setTimeout(() => refresh().then(() => wanted && soon()), Math.max(0, rested - performance.now()));
}

function take(events) {
  const fresh = events.filter(({ run_id, number }) => {
    const isNew = number > (reached.get(run_id) ?? 0);
    if (isNew) reached.set(run_id, number);
    return isNew;
  });
  if (!fresh.length) return;
  for (const event of fresh) {
    if (event.type !== "parent_job_progress") continue;
    standings.set(event.job_id, event);
    showCounts(event);
  }
  for (const listener of listeners) listener(fresh);
  if (fresh.some(concerns)) soon();
}

const concerns = (event) => [...document.querySelectorAll("[data-live]")]
  .some(({ dataset: { run } }) => run === undefined || run === event.run_id);

function showCounts({ job_id, data }) {
  for (const place of document.querySelectorAll(`[data-count-of^="${job_id}:"]`)) {
    const count = data[place.dataset.countOf.split(":")[1]];
    if (count !== undefined) put(place, count.toLocaleString("en-US"));
  }
  for (const place of document.querySelectorAll(`[data-text-of="${job_id}"]`)) put(place, data.progress_text);
}

function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/** The numbers of a position "900~12.340-15.77", by run. */
function numbersOf(position) {
  const pairs = (position ?? "").split("~").at(-1).split("-").filter(Boolean);
  return new Map(pairs.map((pair) => pair.split(".")).map(([run, number]) => [run, Number(number)]));
}

function tellState() {
  const chip = document.querySelector("#live");
  const lost = connection.state === "reconnecting" ? connection.since : 0;
  const since = failedSince || (lost && Date.now() - lost > PATIENCE ? lost : 0);
  const state = since ? "stale" : connection.state;
  chip.dataset.state = state;
  put(chip, since ? `stale since ${new Date(since).toTimeString().slice(0, 5)}` : state);
}

const signIn = () => location.assign(url(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`));

export function startLive() {
  follow(document.body.dataset.position, (message) => {
    if (message.events) take(message.events);
    if (message.reset) soon();
    if (message.state === "refused") return signIn();
    if (message.state) {
      if (message.state === "live" && connection.state === "reconnecting") soon();
      connection = message;
      tellState();
    }
  });
  setInterval(tellState, 1_000);
  document.addEventListener("visibilitychange", () => !document.hidden && wanted && soon());
  const often = [...document.querySelectorAll("[data-live][data-every]")].map(({ dataset }) => Number(dataset.every));
  if (often.length) setInterval(soon, 1_000 * Math.min(...often));
}
