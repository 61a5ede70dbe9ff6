// The list of jobs: one thing done to all that match, after a look at how many these are.
import { post, url } from "../api.js";
import { confirmed } from "../confirm.js";
import { problemNotice } from "../notices.js";
import { oneLine } from "../text.js";
import { startTicking } from "../ticking.js";

startTicking();

const NAMED = 3;

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submits]")) event.target.form.requestSubmit();
});

document.addEventListener("submit", async (event) => {
  if (event.target.id !== "bulk") return;
  event.preventDefault();
  const { form, button } = { form: event.target, button: event.submitter };
  const select = form.elements.operation;
  button.disabled = true;
  try {
    await inBulk(wish(select.value, form.dataset.filter), select.selectedOptions[0].textContent);
  } catch (error) {
    problemNotice(error);
  } finally {
    button.disabled = false;
  }
});

/** What the API is told: "priority:-10" is an operation with its number. */
function wish(value, filter) {
  const [operation, detail] = value.split(":");
  if (operation === "priority") return { operation, filter, priority: Number(detail) };
  return detail ? { operation, filter, documents: true } : { operation, filter };
}

async function inBulk(wanted, label) {
  const found = await post("/api/jobs/bulk/preview", wanted);
  const expect = found.total;
  if (!expect) throw new Error("No job matches any more");
  const names = found.jobs.slice(0, NAMED).map((job) => oneLine(job.name).slice(0, 80));
  const more = expect > names.length ? ` and ${expect - names.length} more` : "";
  const many = expect === 1 ? "1 job" : `${expect} jobs`;
  if (!(await confirmed(`${label}: ${many}? ${names.join(", ")}${more}.`, `${label}: ${many}`))) return;
  const started = await post("/api/jobs/bulk", { ...wanted, expect }, { "Idempotency-Key": crypto.randomUUID() });
  location.assign(url(`/jobs/${started.job_id}`));
}
