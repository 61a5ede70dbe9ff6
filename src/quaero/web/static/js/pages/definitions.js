// The filter follows what is typed; it is in the address, so that it can be kept.
import { refresh } from "../live.js";

const WAIT = 200;
const filter = document.querySelector("#filter");
let timer;

filter.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const address = new URL(location.href);
    if (filter.value.trim()) address.searchParams.set("q", filter.value.trim());
    else address.searchParams.delete("q");
    history.replaceState(null, "", address);
    refresh();
  }, WAIT);
});
filter.form.addEventListener("submit", (event) => event.preventDefault());
