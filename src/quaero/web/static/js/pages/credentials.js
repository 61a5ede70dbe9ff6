// Storing credentials: the fields follow the kind.
import { startForms } from "../forms.js";
import { notice } from "../notices.js";

const add = document.querySelector("#add");
const kind = document.querySelector("#kind");

function follow() {
  for (const label of add.querySelectorAll("[data-kind]")) {
    label.hidden = !label.dataset.kind.split(" ").includes(kind.value);
    label.querySelector("input").disabled = label.hidden;
  }
  document.querySelector("#kind-word").textContent = kind.value;
}

kind.addEventListener("change", follow);
add.addEventListener("reset", () => setTimeout(follow));
add.addEventListener("collect", ({ detail: body }) => {
  if (!body.part) return;
  body.values = { [body.part]: body.value };
  delete body.part;
  delete body.value;
});

document.querySelector("#import").addEventListener("sent", ({ detail: answer }) => {
  if (answer.left_out) notice(`Left out: ${answer.left_out}`);
});

follow();
startForms();
