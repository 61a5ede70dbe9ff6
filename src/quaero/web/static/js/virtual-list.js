// A list of any length of which only the rows in sight exist. Items come in windows, which are kept, and fetched anew
// when they may have changed.
const AROUND = 12; // rows above and below what is seen
const KEPT = 20; // windows
const CALM = 60; // milliseconds without scrolling before a window is asked for

export class VirtualList {
  /**
   * `view` scrolls. `fetchWindow(offset, limit)` → {items, total}. `makeRow()` → element, `fillRow(row, item, index)`:
   * `item` is null while it is on its way.
   */
  constructor(view, { rowHeight, windowSize = 200, fetchWindow, makeRow, fillRow, failed }) {
    Object.assign(this, { view, rowHeight, windowSize, fetchWindow, makeRow, fillRow, failed });
    this.total = 0;
    this.windows = new Map(); // number → {items, stale, pending}
    this.rows = new Map(); // index → {element, item}
    this.generation = 0;
    this.body = document.createElement("div");
    this.body.className = "virtual";
    this.body.setAttribute("role", "presentation");
    view.replaceChildren(this.body);
    view.addEventListener("scroll", () => this.#soon(), { passive: true });
    this.resizes = new ResizeObserver(() => this.#soon());
    this.resizes.observe(view);
  }

  setTotal(total) {
    if (total === this.total) return;
    this.total = total;
    this.body.style.height = `${total * this.rowHeight}px`;
    for (const [index, row] of this.rows) if (index >= total) this.#drop(index, row);
    this.#soon();
  }

  /** What is shown may have changed: the windows in sight are fetched anew, the others when they come into sight. */
  invalidate() {
    for (const window of this.windows.values()) window.stale = true;
    this.#soon();
  }

  /** Forget everything: it is another list now. */
  reset(total) {
    this.generation += 1;
    this.windows.clear();
    for (const [index, row] of this.rows) this.#drop(index, row);
    this.view.scrollTop = 0;
    this.total = -1;
    this.setTotal(total);
  }

  /** Bring a row into sight and give it the focus. */
  focus(index) {
    const top = index * this.rowHeight;
    if (top < this.view.scrollTop) this.view.scrollTop = top;
    else if (top + this.rowHeight > this.view.scrollTop + this.view.clientHeight) this.view.scrollTop = top + this.rowHeight - this.view.clientHeight;
    this.#draw();
    this.rows.get(index)?.element.focus({ preventScroll: true });
  }

  indexOf(element) {
    for (const [index, row] of this.rows) if (row.element === element) return index;
    return -1;
  }

  #soon() {
    this.frame ??= requestAnimationFrame(() => this.#draw());
  }

  #range() {
    const first = Math.floor(this.view.scrollTop / this.rowHeight);
    const count = Math.ceil(this.view.clientHeight / this.rowHeight);
    return [Math.max(first - AROUND, 0), Math.min(first + count + AROUND, this.total)];
  }

  #draw() {
    if (this.frame) cancelAnimationFrame(this.frame);
    this.frame = undefined;
    const [first, last] = this.#range();
    for (const [index, row] of this.rows) {
      if ((index < first || index >= last) && row.element !== document.activeElement) this.#drop(index, row);
    }
    for (let index = first; index < last; index += 1) this.#show(index);
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.#ask(), CALM);
  }

  #show(index) {
    const item = this.windows.get(Math.floor(index / this.windowSize))?.items?.[index % this.windowSize] ?? null;
    let row = this.rows.get(index);
    if (row && row.item === item && row.total === this.total) return;
    if (!row) {
      row = { element: this.makeRow() };
      row.element.style.transform = `translateY(${index * this.rowHeight}px)`;
      this.rows.set(index, row);
      this.body.append(row.element);
    }
    Object.assign(row, { item, total: this.total });
    row.element.setAttribute("aria-posinset", index + 1);
    row.element.setAttribute("aria-setsize", this.total);
    this.fillRow(row.element, item, index);
  }

  #drop(index, row) {
    row.element.remove();
    this.rows.delete(index);
  }

  #ask() {
    const [first, last] = this.#range();
    if (last <= first || !this.view.clientHeight) return;
    for (let number = Math.floor(first / this.windowSize); number <= Math.floor((last - 1) / this.windowSize); number += 1) {
      const window = this.windows.get(number);
      if (!window || (window.stale && !window.pending)) this.#fetch(number);
    }
  }

  async #fetch(number) {
    const generation = this.generation;
    const window = this.windows.get(number) ?? { items: null };
    Object.assign(window, { stale: false, pending: true });
    this.windows.delete(number);
    this.windows.set(number, window); // the newest last: the oldest goes first
    for (const old of this.windows.keys()) {
      if (this.windows.size <= KEPT) break;
      this.windows.delete(old);
    }
    try {
      const { items, total } = await this.fetchWindow(number * this.windowSize, this.windowSize);
      if (generation !== this.generation) return;
      window.items = items;
      if (total !== null) this.setTotal(total);
    } catch (error) {
      if (generation !== this.generation) return;
      if (!window.items) this.windows.delete(number); // asked for again with the next look
      this.failed?.(error);
      return;
    } finally {
      window.pending = false;
    }
    this.#soon();
  }
}
