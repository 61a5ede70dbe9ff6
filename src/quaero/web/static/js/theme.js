// Before the first paint: the theme that this browser chose.
const chosen = localStorage.getItem("quaero.theme");
if (chosen) document.documentElement.dataset.theme = chosen;
