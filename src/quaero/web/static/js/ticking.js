// Seconds that go by while nothing else happens: <span data-since="milliseconds since 1970">, and parts that may be
// known better after a while without any event: [data-growing].
import { refresh } from "./live.js";
import { secondsText } from "./text.js";

const GROWS = 2500; // milliseconds

export function startTicking() {
  const ahead = Number(document.querySelector("[data-now]").dataset.now) - Date.now(); // of the server's clock
  setInterval(() => {
    for (const place of document.querySelectorAll("[data-since]")) {
      place.textContent = secondsText((Date.now() + ahead - Number(place.dataset.since)) / 1000);
    }
  }, 1000);
  setInterval(() => {
    if (document.querySelector("[data-growing]") && document.visibilityState === "visible") refresh();
  }, GROWS);
}
