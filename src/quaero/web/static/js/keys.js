// Keys: whatever carries data-key="x" is clicked or focused by it; "g j" is g, then j. `?` shows all of them.
const WAIT = 1200;
let before = "";
let timer;

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "?" && !before) return showKeys();
    const typed = before ? `${before} ${event.key}` : event.key;
    clearTimeout(timer);
    before = "";
    const target = document.querySelector(`[data-key="${CSS.escape(typed)}"]`) ?? null;
    if (target) {
      event.preventDefault();
      target.matches("input, textarea, select") ? target.focus() : target.click();
    } else if (event.key === "g") {
      before = "g";
      timer = setTimeout(() => (before = ""), WAIT);
    }
  });
}

const typing = (element) => element.closest("input, textarea, select, [contenteditable], dialog[open]");

function showKeys() {
  const dialog = document.querySelector("#keys");
  if (dialog.open) return dialog.close();
  const rows = [...document.querySelectorAll("[data-key]")].map((element) => {
    const row = document.createElement("tr");
    const key = document.createElement("th");
    key.textContent = element.dataset.key;
    const what = document.createElement("td");
    what.textContent = element.getAttribute("aria-label") ?? element.textContent.trim();
    row.append(key, what);
    return row;
  });
  const title = Object.assign(document.createElement("h2"), { id: "keys-title", textContent: "Keys" });
  const table = document.createElement("table");
  table.append(...rows);
  dialog.replaceChildren(title, table);
  dialog.showModal();
}
