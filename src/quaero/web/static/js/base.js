// What every page has: keys, theme, actions, what goes on meanwhile.
import { startActions } from "./actions.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";

const root = document.documentElement;

document.querySelector("#theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("quaero.theme", root.dataset.theme);
});

startActions();
startKeys();
startLive();
