// Search as one types: the part of the page that shows what was found is fetched anew; the address follows.
import { morph } from "../morph.js";
import { problemNotice } from "../notices.js";

const WAIT = 120;
const form = document.querySelector("#search");
const input = form.elements.q;
let timer = 0;
let asking = null;

const addressOf = (text) => `${location.pathname}${text.trim() ? `?${new URLSearchParams({ q: text })}` : ""}`;

/** Show what an address finds. An answer that a later question has overtaken is dropped. */
async function show(address) {
  clearTimeout(timer);
  asking?.abort();
  const mine = (asking = new AbortController());
  const results = document.querySelector("#results");
  results.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" }, signal: mine.signal });
    if (response.redirected) return location.assign(address);
    if (!response.ok) throw new Error();
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const part = fresh.querySelector("#results");
    if (mine !== asking || !part) return;
    document.title = fresh.title;
    morph(results, document.adoptNode(part));
  } catch (error) {
    if (error.name !== "AbortError") problemNotice(new Error("The server does not answer."));
  } finally {
    if (mine === asking) document.querySelector("#results").removeAttribute("aria-busy");
  }
}

function follow() {
  const address = addressOf(input.value);
  if (address === location.pathname + location.search) return;
  history.replaceState(null, "", address);
  show(address);
}

input.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(follow, WAIT);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  follow();
});
addEventListener("popstate", () => {
  input.value = new URLSearchParams(location.search).get("q") ?? "";
  show(location.pathname + location.search);
});

// Arrows lead from the words through what was found, and back.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  const places = [input, ...document.querySelectorAll(".hits .title")];
  const at = places.indexOf(document.activeElement);
  const next = places[at + step];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
});
