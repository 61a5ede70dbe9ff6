// A text area for TOML with line numbers and colours: Tab indents, Escape leaves, marked lines show what is wrong with them.

const MOST_PAINTED = 200_000; // characters; beyond that colours would make typing slow
const INDENT = "  ";
const TOKENS = /(#.*$)|("(?:[^"\\\n]|\\.)*"|'[^'\n]*')|(^[ \t]*\[\[?[^\]\n]*\]\]?)|(^[ \t]*[\w.-]+(?=[ \t]*=))|\b(true|false)\b|([-+]?\b\d[\d_.:T-]*Z?\b)/gm;
const KINDS = ["comment", "string", "table", "key", "value", "value"];

/** `changed(text)` is called after every change. `leave()`: Escape. */
export class Editor {
  #area; #paint; #lines; #changed; #marks = new Map(); #shown = "";

  constructor(root, { changed, leave }) {
    this.#area = root.querySelector("textarea");
    this.#paint = root.querySelector(".paint");
    this.#lines = root.querySelector(".lines");
    this.#changed = changed;
    this.#area.addEventListener("input", () => this.#update());
    this.#area.addEventListener("scroll", () => this.#follow());
    this.#area.addEventListener("keydown", (event) => this.#key(event, leave));
    this.#draw();
  }

  get text() {
    return this.#area.value;
  }

  set text(text) {
    this.#write(0, this.#area.value.length, text);
  }

  /** Mark lines: a Map of line numbers (from 1) to what is wrong. */
  mark(marks) {
    this.#marks = marks;
    this.#number();
  }

  go(line) {
    const start = this.#startOf(line);
    this.#area.focus();
    this.#area.setSelectionRange(start, this.#endOf(start));
    const height = this.#area.scrollHeight / this.text.split("\n").length;
    this.#area.scrollTop = Math.max(0, (line - 4) * height);
  }

  lineAt(line) {
    const start = this.#startOf(line);
    return this.text.slice(start, this.#endOf(start));
  }

  replaceLine(line, text) {
    const start = this.#startOf(line);
    this.#write(start, this.#endOf(start), text);
  }

  insertAfter(line, text) {
    const end = this.#endOf(this.#startOf(line));
    this.#write(end, end, `\n${text}`);
  }

  append(text) {
    const end = this.text.length;
    this.#write(end, end, text);
    this.#area.scrollTop = this.#area.scrollHeight;
  }

  #startOf(line) {
    let at = 0;
    for (let number = 1; number < line; number++) {
      const next = this.text.indexOf("\n", at);
      if (next < 0) break;
      at = next + 1;
    }
    return at;
  }

  #endOf(start) {
    const end = this.text.indexOf("\n", start);
    return end < 0 ? this.text.length : end;
  }

  /** Replace a part as if it were typed, so that it can be undone. */
  #write(from, to, text) {
    this.#area.focus();
    this.#area.setSelectionRange(from, to);
    const done = text ? document.execCommand("insertText", false, text) : from === to || document.execCommand("delete");
    if (!done) {
      this.#area.setRangeText(text, from, to, "end");
      this.#update();
    }
  }

  #key(event, leave) {
    if (event.key === "Escape") return leave();
    if (event.key !== "Tab" || event.ctrlKey || event.altKey || event.metaKey || this.#area.readOnly) return;
    event.preventDefault();
    const { selectionStart: start, selectionEnd: end } = this.#area;
    if (start === end && !event.shiftKey) return document.execCommand("insertText", false, INDENT);
    const from = this.text.lastIndexOf("\n", start - 1) + 1;
    const to = this.#endOf(end > start && this.text[end - 1] === "\n" ? end - 1 : end);
    const change = event.shiftKey ? (line) => line.replace(/^ {1,2}|^\t/, "") : (line) => INDENT + line;
    const changed = this.text.slice(from, to).split("\n").map(change).join("\n");
    this.#write(from, to, changed);
    this.#area.setSelectionRange(from, from + changed.length);
  }

  #update() {
    this.#draw();
    this.#changed(this.text);
  }

  #draw() {
    const painted = this.text.length <= MOST_PAINTED;
    this.#area.classList.toggle("plain", !painted);
    this.#paint.replaceChildren(...(painted ? colours(this.text) : []), "\n\n");
    this.#number();
    this.#follow();
  }

  #number() {
    const count = this.text.split("\n").length;
    const bad = [...this.#marks.keys()].join();
    if (this.#shown === `${count}:${bad}`) return;
    this.#shown = `${count}:${bad}`;
    const parts = [];
    for (let line = 1; line <= count; line++) {
      const wrong = this.#marks.get(line);
      parts.push(wrong === undefined ? `${line}` : element("mark", `${line}`, wrong), "\n");
    }
    this.#lines.replaceChildren(...parts, "\n");
    this.#follow();
  }

  #follow() {
    this.#paint.scrollTop = this.#lines.scrollTop = this.#area.scrollTop;
    this.#paint.scrollLeft = this.#area.scrollLeft;
  }
}

function element(name, text, title = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (title) made.title = title;
  return made;
}

function* colours(text) {
  let at = 0;
  for (const found of text.matchAll(TOKENS)) {
    if (found.index > at) yield text.slice(at, found.index);
    const span = element("span", found[0]);
    span.className = KINDS[found.slice(1).findIndex((part) => part !== undefined)];
    yield span;
    at = found.index + found[0].length;
  }
  yield text.slice(at);
}
