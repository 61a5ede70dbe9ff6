// Forms that send their fields as JSON: <form data-send="PUT /api/variables/{name}" data-done="Saved" data-then="/jobs/{id}">
// A {field} in the path is taken from there. Empty fields are left out. `data-list`: one value a line, sent as a list;
// `type=number` as a number, `type=checkbox` as true or false, `type=file` as its text. What is wrong is said in the `.problem` of the form.
// Before it is sent the form gets `collect` with the body, which may be changed; afterwards `sent` with the answer.
import { ask, url } from "./api.js";
import { refresh } from "./live.js";
import { notice } from "./notices.js";

export function startForms() {
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-send]");
    if (!form) return;
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button");
    button.disabled = true;
    say(form, "");
    try {
      await send(form);
    } catch (error) {
      say(form, error.message);
    } finally {
      button.disabled = false;
    }
  });
}

async function send(form) {
  const [method, path] = form.dataset.send.split(" ");
  const body = fieldsOf(form);
  for (const { name, files } of form.querySelectorAll('[type="file"][name]')) body[name] = (await files[0]?.text()) ?? "";
  form.dispatchEvent(new CustomEvent("collect", { detail: body }));
  const target = path.replace(/\{(\w+)\}/g, (_, name) => {
    const value = body[name] ?? "";
    delete body[name];
    return encodeURIComponent(value);
  });
  const starts = method === "POST" ? { "Idempotency-Key": crypto.randomUUID() } : {};
  const answer = await ask(method, target, body, starts);
  if (form.dataset.then) return location.assign(url(form.dataset.then.replace("{id}", answer?.job_id ?? answer?.id ?? "")));
  form.reset();
  form.dispatchEvent(new CustomEvent("sent", { bubbles: true, detail: answer }));
  notice(form.dataset.done ?? "Done");
  await refresh();
}

/** The fields as the API wants them. */
export function fieldsOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || ["submit", "file"].includes(field.type) || field.disabled || field.closest("[hidden]")) continue;
    const value = valueOf(field);
    if (value !== undefined) body[field.name] = value;
  }
  return body;
}

function valueOf(field) {
  if (field.type === "checkbox") return field.checked;
  if (field.type === "radio" && !field.checked) return undefined;
  if (field.value === "" && !field.hasAttribute("data-empty")) return undefined;
  if (field.hasAttribute("data-list")) return field.value.split("\n").map((line) => line.trim()).filter(Boolean);
  return field.type === "number" ? Number(field.value) : field.value;
}

function say(form, text) {
  const place = form.querySelector(".problem");
  place.textContent = text;
  place.hidden = !text;
}
