// Before the first paint: the theme that this browser chose.
const chosen = localStorage.getItem("quaero.theme");
if (chosen) document.documentElement.dataset.theme = chosen;

// What is pressed or sent before the modules are there is done once they are: they run before DOMContentLoaded.
let early = null;
function keepEarly(event) {
  const wanted = event.target.closest(event.type === "submit" ? "form[data-send]" : "button[data-action]");
  if (!wanted) return;
  event.preventDefault();
  early = wanted;
}
document.addEventListener("click", keepEarly);
document.addEventListener("submit", keepEarly);
document.addEventListener("DOMContentLoaded", () => {
  document.removeEventListener("click", keepEarly);
  document.removeEventListener("submit", keepEarly);
  if (early?.isConnected) early.matches("form") ? early.requestSubmit() : early.click();
});
