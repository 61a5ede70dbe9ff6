// Changing a variable puts it into the form below.
import { startForms } from "../forms.js";

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-edit]");
  if (!button) return;
  const { name, value } = document.querySelector("#variable").elements;
  name.value = button.dataset.edit;
  value.value = button.dataset.value;
  value.focus();
});

startForms();
