// Buttons that copy: <button data-copy="quaero jobs show 7">Copy as command</button>
import { notice } from "./notices.js";

export function startCopying() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    (await copied(button.dataset.copy)) ? notice("Copied") : notice(button.dataset.copy, "failed");
  });
}

/** Whether it worked. Only a page on https or on this machine has the clipboard itself. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text, className: "skip" });
    document.body.append(field);
    field.select();
    const worked = document.execCommand("copy");
    field.remove();
    return worked;
  }
}
