// Before the first paint: the theme that this browser chose, and clicks that come early.
const chosen = localStorage.getItem("quaero.theme");
if (chosen) document.documentElement.dataset.theme = chosen;

// A button that is pressed before the modules are there: actions.js presses it once more.
function keepClick(event) {
  keepClick.button = event.target.closest("button[data-action]") ?? keepClick.button;
}
document.addEventListener("click", keepClick);
