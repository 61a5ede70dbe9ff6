// What goes on meanwhile: one stream for all tabs of this browser, and parts of the page that follow it.
// <section id="runs" data-live> is fetched anew when something happened. `onEvents` gets the events themselves.
import { morph } from "./morph.js";

/** Fetch the page anew and bring its live parts up to date. */
export async function refresh() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (other) morph(part, document.adoptNode(other));
  }
}

export function startLive() {}
