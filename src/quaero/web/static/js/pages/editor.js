// The page of one definition: its text, what is wrong with it, a form that adds steps, saving, what it was before.
import { ask, get, post, url } from "../api.js";
import { confirmed } from "../confirm.js";
import { Editor } from "../editor.js";
import { refresh } from "../live.js";
import { notice, problemNotice } from "../notices.js";
import { fieldsFor, told, valuesOf } from "../schema_form.js";
import { tomlTable, tomlValue } from "../toml.js";

const WAIT = 250;
const root = document.querySelector("#editor");
const save = document.querySelector("#save");
const id = root.dataset.definition;
const draftKey = `quaero.draft:${id}`;
const draft = document.querySelector("#draft");
const conflict = document.querySelector("#conflict");
let version = Number(root.dataset.version);
let stored = root.querySelector("textarea").value;
let timer;
let asked = 0;

const editor = new Editor(root, { changed, leave: () => (save ?? document.querySelector(".head a.button")).focus() });
const dirty = () => editor.text !== stored;

function changed(text) {
  clearTimeout(timer);
  timer = setTimeout(check, WAIT);
  if (!save) return;
  save.textContent = dirty() ? "Save changes" : "Save";
  if (dirty()) keep(JSON.stringify({ text, version }));
  else forget();
}

// Changes that are not saved are kept in this browser.

function keep(value) {
  try {
    localStorage.setItem(draftKey, value);
  } catch {
    // it is full: the warning before leaving is what is left
  }
}

function forget() {
  localStorage.removeItem(draftKey);
  draft.hidden = true;
}

function restore() {
  const kept = JSON.parse(localStorage.getItem(draftKey) ?? "null");
  if (!kept || kept.text === stored) return forget();
  version = kept.version; // whoever saved meanwhile is asked about, not overwritten
  editor.text = kept.text;
  draft.hidden = false;
}

addEventListener("beforeunload", (event) => {
  if (save && dirty()) event.preventDefault();
});

document.querySelector("#discard").addEventListener("click", () => {
  forget();
  version = Number(root.dataset.version);
  editor.text = stored;
});

// What is wrong with it.

async function check() {
  const mine = ++asked;
  const place = document.querySelector("#complaints");
  try {
    const { complaints, warnings } = await post("/api/job-definitions/validate", { toml: editor.text });
    if (mine !== asked) return;
    const wrong = complaints.filter(({ line }) => line !== null);
    editor.mark(new Map(wrong.map(({ line, message }) => [line, message])));
    place.replaceChildren(...(complaints.length ? [list(complaints)] : praise(warnings)));
  } catch (error) {
    if (mine === asked) place.textContent = error.message;
  }
}

function praise(warnings) {
  const text = warnings.length ? "Yes, but:" : "Yes, it can be run.";
  const lines = warnings.map((warning) => Object.assign(document.createElement("p"), { textContent: warning, className: "wrap" }));
  return [Object.assign(document.createElement("p"), { textContent: text, className: "state completed" }), ...lines];
}

function list(complaints) {
  const items = document.createElement("ul");
  items.className = "plain";
  items.append(...complaints.map(item));
  return items;
}

function item(complaint) {
  const entry = document.createElement("li");
  entry.className = "wrap complaint";
  if (complaint.line !== null) {
    entry.append(button(`line ${complaint.line}`, () => editor.go(complaint.line), "quiet"), " ");
  }
  if (complaint.key) entry.append(Object.assign(document.createElement("code"), { textContent: complaint.key }), " ");
  entry.append(complaint.message);
  const remedy = remedyOf(complaint);
  if (remedy) entry.append(" ", button(remedy.label, remedy.apply));
  else if (complaint.example) entry.append(" Example: ", Object.assign(document.createElement("code"), { textContent: complaint.example }));
  return entry;
}

/** What can be done about it with one click. */
function remedyOf({ line, key, message, instead, example }) {
  if (line === null) return null;
  const name = key.replace(/\[\d+\]$/, "").split(".").pop();
  const text = editor.lineAt(line);
  if (instead && message.startsWith("unknown key")) {
    const place = text.indexOf(name);
    if (place < 0) return null;
    const better = text.slice(0, place) + instead + text.slice(place + name.length);
    return { label: `Did you mean ${instead}?`, apply: () => editor.replaceLine(line, better) };
  }
  if (instead) {
    const better = text.replace(/=\s*("(?:[^"\\]|\\.)*"|'[^']*')/, () => `= ${tomlValue(instead)}`);
    return better === text ? null : { label: `Did you mean ${tomlValue(instead)}?`, apply: () => editor.replaceLine(line, better) };
  }
  if (example && message === "this key is required") {
    return { label: `Add ${example}`, apply: () => editor.insertAfter(line, example) };
  }
  return null;
}

function button(text, act, className = "") {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, className });
  made.addEventListener("click", act);
  return made;
}

// Saving.

async function keepIt() {
  conflict.hidden = true;
  save.disabled = true;
  const text = editor.text;
  try {
    const kept = await sent(text);
    stored = text;
    forget();
    if (!id) return location.assign(url(`/definitions/${kept.id}`));
    version = kept.version;
    root.dataset.version = version;
    save.textContent = "Save";
    notice(kept.change === null ? "Nothing was changed" : `Saved as version ${version}`);
    await refresh();
  } catch (error) {
    if (id && ["precondition_failed", "conflict"].includes(error.code) && (await theyChangedIt())) return;
    if (error.complaints) return check().then(() => problemNotice(error));
    problemNotice(error);
  } finally {
    save.disabled = false;
  }
}

const sent = (text) =>
  id
    ? ask("PUT", `/api/job-definitions/${id}`, { toml: text }, { "If-Match": `"${version}"` })
    : post("/api/job-definitions", { toml: text }, { "Idempotency-Key": crypto.randomUUID() });

/** Show what somebody else saved meanwhile; whether somebody did. */
async function theyChangedIt() {
  const theirs = await get(`/api/job-definitions/${id}`);
  if (theirs.version === version) return false;
  conflict.querySelector("[data-number]").textContent = theirs.version;
  conflict.querySelector("[data-text]").textContent = theirs.toml;
  conflict.hidden = false;
  conflict.querySelector('[data-choice="mine"]').onclick = () => {
    version = theirs.version;
    keepIt();
  };
  conflict.querySelector('[data-choice="theirs"]').onclick = () => {
    version = theirs.version;
    stored = theirs.toml;
    editor.text = theirs.toml;
    forget();
    conflict.hidden = true;
  };
  conflict.scrollIntoView({ block: "nearest" });
  return true;
}

save?.addEventListener("click", keepIt);
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    if (save && !save.disabled) keepIt();
  }
});

document.addEventListener("click", async (event) => {
  const taken = event.target.closest("button[data-take]");
  if (!taken) return;
  if (dirty() && !(await confirmed("Your changes in the editor are replaced by that version.", "Replace them"))) return;
  editor.text = taken.dataset.take;
  notice(`Version ${taken.dataset.version} is in the editor. Save it to make it the present one.`);
});

// A form that adds steps.

async function startSteps(form) {
  const { items } = await get("/api/job-definitions/actions");
  const actions = new Map(items.map((each) => [each.action, each]));
  const meanings = JSON.parse(document.querySelector("#meanings").textContent);
  const choice = form.querySelector("#action");
  const fields = form.querySelector("#fields");
  const add = form.querySelector("button");
  choice.append(...[...actions.keys()].map((action) => new Option(action, action)));
  choice.addEventListener("change", () => {
    const action = actions.get(choice.value);
    fields.replaceChildren();
    add.hidden = !action;
    if (!action) return;
    const about = told(choice.value in meanings ? "" : action.description, "p", "small soft");
    const name = document.createElement("label");
    name.append("Name of the step ", Object.assign(document.createElement("input"), { id: "step-name", required: true, value: freeName(choice.value) }));
    fields.append(about, name, ...fieldsFor(action.schema, meanings, choice.value));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = valuesOf(fields);
    const head = `[[steps]]\nname = ${tomlValue(form.querySelector("#step-name").value.trim())}\naction = ${tomlValue(choice.value)}`;
    const config = Object.keys(values).length ? `\n\n${tomlTable("steps.config", values)}` : "";
    editor.append(`${editor.text.trim() ? (editor.text.endsWith("\n") ? "\n" : "\n\n") : ""}${head}${config}\n`);
    choice.value = "";
    choice.dispatchEvent(new Event("change"));
    notice("The step is at the end of the text");
  });
}

function freeName(action) {
  const taken = new Set([...editor.text.matchAll(/^\s*name\s*=\s*["'](.*?)["']/gm)].map(([, name]) => name));
  for (let number = 1; ; number++) {
    const name = number === 1 ? action : `${action}-${number}`;
    if (!taken.has(name)) return name;
  }
}

if (save) restore();
check();
const steps = document.querySelector("#step");
if (steps) startSteps(steps).catch(problemNotice);
