// The tree of a run: the steps come with the page; the jobs of a step are fetched as far as they are in sight.
import { get, url } from "./api.js";
import { problemNotice } from "./notices.js";
import { numberText, oneLine, secondsText } from "./text.js";
import { VirtualList } from "./virtual-list.js";

const ROW = 32;
const ROWS_SEEN = 14;
const REFETCH = 700; // milliseconds between two looks at rows that change
const STATES = ["", "running", "failed", "pending", "completed", "cancelled"];
const AWAY = 3000; // milliseconds until a server that was away is asked again
const FAR = 10; // rows that Page Up and Page Down go

class Step {
  constructor(item) {
    this.item = item;
    this.id = item.dataset.step;
    this.place = document.querySelector(`#children-${CSS.escape(this.id)}`);
    this.filter = "";
  }

  get counts() {
    const [total, pending, running, completed, failed, cancelled] = this.item.dataset.counts.split(" ").map(Number);
    return { "": total, pending, running, completed, failed, cancelled };
  }

  get isOpen() {
    return !this.place.hidden;
  }

  toggle(open) {
    if (open && !this.list) this.#build();
    this.place.hidden = !open;
    this.item.setAttribute("aria-expanded", String(open));
    if (open) this.#size();
  }

  #build() {
    this.filters = document.createElement("div");
    this.filters.className = "counts";
    this.filters.setAttribute("role", "toolbar");
    this.filters.setAttribute("aria-label", "Which jobs");
    for (const state of STATES) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.state = state;
      button.addEventListener("click", () => this.show(state));
      this.filters.append(button);
    }
    this.view = document.createElement("div");
    this.view.className = "rows";
    this.view.setAttribute("role", "group");
    this.empty = Object.assign(document.createElement("p"), { className: "soft small empty-rows" });
    this.place.replaceChildren(this.filters, this.view, this.empty);
    this.list = new VirtualList(this.view, {
      rowHeight: ROW,
      fetchWindow: (offset, limit) => this.#fetch(offset, limit),
      makeRow,
      fillRow,
      failed: (error) => this.#failed(error),
    });
    this.changed();
  }

  #fetch(offset, limit) {
    const state = this.filter ? `&state=${this.filter}` : "";
    return get(`/api/jobs/${this.id}/children?offset=${offset}&limit=${limit}${state}`);
  }

  /** Without a server the chip says so; the rows are asked for again until it is back. */
  #failed(error) {
    if (error.code === "unreachable") setTimeout(() => this.list.invalidate(), AWAY);
    else problemNotice(error);
  }

  show(state) {
    this.filter = state;
    this.list.reset(this.counts[state]);
    this.changed();
  }

  /** The counts of the step are others than before, or what is to be shown is. */
  changed() {
    if (!this.list) return;
    const counts = this.counts;
    for (const button of this.filters.children) {
      const { state } = button.dataset;
      button.textContent = `${state || "all"} ${numberText(counts[state])}`;
      button.setAttribute("aria-pressed", String(state === this.filter));
      button.hidden = state !== "" && state !== this.filter && !counts[state];
    }
    this.list.setTotal(counts[this.filter]);
    this.#size();
    clearTimeout(this.later);
    const wait = REFETCH - (performance.now() - (this.looked ?? -REFETCH));
    this.later = setTimeout(() => {
      this.looked = performance.now();
      if (this.isOpen) this.list.invalidate();
      else this.missed = true;
    }, Math.max(wait, 0));
  }

  #size() {
    const total = this.counts[this.filter];
    this.view.hidden = !total;
    this.view.style.height = `${Math.min(total, ROWS_SEEN) * ROW}px`;
    this.empty.hidden = Boolean(total);
    this.empty.textContent = this.filter ? `No job is ${this.filter}.` : "No jobs yet. They show up here when the step is planned.";
    if (this.missed) this.list.invalidate();
    this.missed = false;
  }
}

function makeRow() {
  const row = document.createElement("a");
  row.className = "child";
  row.setAttribute("role", "treeitem");
  row.setAttribute("aria-level", "2");
  row.tabIndex = -1;
  for (const name of ["sign", "name", "why", "took", "id"]) {
    const cell = document.createElement(name === "name" ? "bdi" : "span");
    cell.className = name;
    row.append(cell);
  }
  return row;
}

function fillRow(row, job) {
  const [sign, name, why, took, id] = row.children;
  row.classList.toggle("coming", !job);
  if (!job) return;
  const reason = job.error ?? job.note ?? "";
  row.href = url(`/jobs/${job.id}`);
  row.dataset.job = job.id;
  sign.className = `sign state ${job.status}`;
  sign.textContent = job.status;
  name.textContent = oneLine(job.name).slice(0, 500);
  name.style.paddingInlineStart = `${Math.min(job.depth, 12) * 0.9}rem`;
  why.textContent = oneLine(reason).slice(0, 500);
  why.classList.toggle("problem", Boolean(job.error));
  took.textContent = job.started_at && job.finished_at ? secondsText((Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000) : "";
  id.textContent = job.id;
  row.title = `${name.textContent}${reason ? `: ${why.textContent}` : ""}`;
}

export function startTree(tree) {
  const steps = new Map();
  const stepOf = (item) => {
    if (!steps.has(item.dataset.step)) steps.set(item.dataset.step, new Step(item));
    return steps.get(item.dataset.step);
  };
  const items = () => [...tree.querySelectorAll("[data-step]")];
  const worthALook = items().filter((item) => ["running", "failed"].includes(item.dataset.state) || / [1-9]\d* \d+$/.test(item.dataset.counts));
  for (const item of worthALook.length ? worthALook : items().slice(0, 1)) stepOf(item).toggle(true);

  new MutationObserver((changes) => {
    for (const { target } of changes) stepOf(target).changed();
  }).observe(tree, { subtree: true, attributeFilter: ["data-counts"] });

  tree.addEventListener("click", (event) => {
    const item = event.target.closest("[data-step]");
    if (!item || event.target.closest("a")) return;
    const step = stepOf(item);
    step.toggle(!step.isOpen);
    goTo(item);
  });

  tree.addEventListener("focusin", (event) => {
    if (!event.target.matches("[role=treeitem]")) return;
    for (const other of tree.querySelectorAll("[role=treeitem][tabindex='0']")) other.tabIndex = -1;
    event.target.tabIndex = 0;
  });

  tree.addEventListener("keydown", (event) => {
    const at = event.target.closest("[role=treeitem]");
    if (!at || event.target !== at || event.ctrlKey || event.metaKey || event.altKey) return;
    const done = at.dataset.step ? onStep(event.key, at) : onRow(event.key, at);
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  });

  const goTo = (item) => item?.focus();
  const last = (step) => (step.isOpen && step.list.total > 0 ? step.list.focus(step.list.total - 1) : goTo(step.item));

  function onStep(key, item) {
    const step = stepOf(item);
    const all = items();
    const place = all.indexOf(item);
    const hasRows = step.isOpen && step.list.total > 0;
    const acts = {
      ArrowDown: () => (hasRows ? step.list.focus(0) : goTo(all[place + 1])),
      ArrowUp: () => place > 0 && last(stepOf(all[place - 1])),
      ArrowRight: () => (step.isOpen ? hasRows && step.list.focus(0) : step.toggle(true)),
      ArrowLeft: () => step.toggle(false),
      " ": () => step.toggle(!step.isOpen),
      Enter: () => item.querySelector("a").click(),
      Home: () => goTo(all[0]),
      End: () => last(stepOf(all.at(-1))),
    };
    acts[key]?.();
    return key in acts;
  }

  function onRow(key, row) {
    const step = stepOf(row.closest(".step").querySelector("[data-step]"));
    const { list } = step;
    const index = list.indexOf(row);
    const all = items();
    const to = (wanted) => list.focus(Math.max(0, Math.min(wanted, list.total - 1)));
    const acts = {
      ArrowDown: () => (index + 1 < list.total ? to(index + 1) : goTo(all[all.indexOf(step.item) + 1])),
      ArrowUp: () => (index > 0 ? to(index - 1) : goTo(step.item)),
      ArrowLeft: () => goTo(step.item),
      PageDown: () => to(index + FAR),
      PageUp: () => to(index - FAR),
      Home: () => to(0),
      End: () => to(list.total - 1),
    };
    acts[key]?.();
    return key in acts;
  }
}
