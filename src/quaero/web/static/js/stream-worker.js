// One stream for all tabs: a browser opens six connections to a server, and each stream would hold one for ever.
// A tab says {here: its position, since: the moment of what it shows} when it comes and now and then, and {bye: true}.
import { EventStream } from "./event-source.js";

const KEPT = 60_000; // what was told lately, for tabs that were loading meanwhile
const SILENT_TAB = 180_000; // a hidden tab speaks once a minute at least
const url = `${location.pathname.split("/static/")[0]}/api/events?children=false`;
const tabs = new Map(); // each port with the moment of its last word
let stream = null;
let state = null;
let began = 0;
let told = [];

addEventListener("connect", ({ ports: [port] }) => {
  port.addEventListener("message", ({ data }) => (data.bye ? forget(port) : greet(port, data)));
  port.start();
});

setInterval(() => {
  for (const [port, heard] of tabs) if (heard < Date.now() - SILENT_TAB) forget(port);
}, 30_000);

function greet(port, { here, since }) {
  const known = tabs.has(port);
  tabs.set(port, Date.now());
  if (known) return state && port.postMessage(state);
  if (!stream) {
    [told, began, state] = [[], since, null];
    stream = new EventStream(url, here, tell);
  } else {
    if (since < began) port.postMessage({ reset: true });
    for (const { at, message } of told) if (at >= since) port.postMessage(message);
    if (state) port.postMessage(state);
  }
}

function forget(port) {
  tabs.delete(port);
  if (tabs.size) return;
  stream?.stop();
  stream = null;
}

function tell(message) {
  const now = Date.now();
  if (message.state) {
    state = message;
    if (message.state === "refused") stream = null;
  } else {
    told.push({ at: now, message });
    while (told.length && told[0].at < now - KEPT) told.shift();
    began = Math.max(began, now - KEPT);
  }
  for (const port of tabs.keys()) port.postMessage(message);
}
