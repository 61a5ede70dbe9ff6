// Asking a person before something that cannot be taken back.

/** Whether the person agreed. `check`: a sentence that must be ticked first. */
export function confirmed(question, verb = "Do it", check = "") {
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  const form = document.createElement("form");
  form.method = "dialog";
  const text = document.createElement("p");
  text.textContent = question;
  const yes = Object.assign(document.createElement("button"), { value: "yes", textContent: verb, className: "danger" });
  const no = Object.assign(document.createElement("button"), { value: "no", textContent: "Leave it", autofocus: true });
  form.append(text);
  if (check) {
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox" });
    label.append(box, ` ${check}`);
    yes.disabled = true;
    box.addEventListener("change", () => (yes.disabled = !box.checked));
    form.append(label);
  }
  const buttons = document.createElement("div");
  buttons.className = "buttons";
  buttons.append(no, yes);
  form.append(buttons);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
