// Buttons that do something: <button data-action="POST /api/jobs/7/cancel" data-confirm="Cancel run 7?" data-done="Cancelled">
// `data-body`: JSON to send. `data-then`: a page to go to afterwards; {id} in it is the job of the answer's `Location`.
import { ask, url } from "./api.js";
import { confirmed } from "./confirm.js";
import { refresh } from "./live.js";
import { notice, problemNotice } from "./notices.js";

export function startActions() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-action]");
    if (!button || button.disabled) return;
    event.preventDefault();
    if (button.dataset.confirm && !(await confirmed(button.dataset.confirm, button.textContent.trim()))) return;
    button.disabled = true;
    if (button.dataset.then) document.body.dataset.leaving = "";
    try {
      await act(button);
    } catch (error) {
      delete document.body.dataset.leaving;
      problemNotice(error);
    } finally {
      button.disabled = false;
    }
  });
}

async function act(button) {
  const [method, path] = button.dataset.action.split(" ");
  const starts = method === "POST" ? { "Idempotency-Key": crypto.randomUUID() } : {};
  const body = button.dataset.body === undefined ? undefined : JSON.parse(button.dataset.body);
  const answer = await ask(method, path, body ?? (method === "POST" ? {} : undefined), starts);
  if (button.dataset.then) {
    location.assign(url(button.dataset.then.replace("{id}", answer?.job_id ?? answer?.id ?? "")));
    return;
  }
  notice(button.dataset.done ?? "Done");
  await refresh();
}
