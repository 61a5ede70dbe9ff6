// Pauses and limits: what is held back is named unless it is everything.
import { startForms } from "../forms.js";

const form = document.querySelector("#gate");
const scope = document.querySelector("#scope");
const key = document.querySelector("#key");

function follow() {
  key.hidden = key.disabled = scope.value === "all";
  key.setAttribute("list", `names-${scope.value}`);
  key.placeholder = { definition: "its id", type: "crawler_url", host: "docs.example.org" }[scope.value] ?? "";
}

scope.addEventListener("change", follow);
form.addEventListener("reset", () => setTimeout(follow));
form.addEventListener("submit", ({ submitter }) => {
  // Whichever button it was: the number belongs to the limit only.
  form.dataset.how = submitter?.value ?? "limit";
}, true);
form.addEventListener("collect", ({ detail: body }) => {
  if (form.dataset.how === "pause") {
    delete body.concurrency;
    body.paused = true;
  }
});

follow();
startForms();
