// A token in the address, or typed, becomes a cookie; then the page that was wanted.
import { get, post, url } from "./api.js";

const home = url("/");
const problem = document.querySelector(".problem");

/** The page that was wanted, only if it is one of ours, and the token that its address carried. */
function wanted() {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  const target = new URL(/^\/(?![/\\])/.test(next) ? next : home, location.origin);
  const token = target.searchParams.get("token");
  target.searchParams.delete("token");
  return { path: target.origin === location.origin ? target.pathname + target.search : home, token };
}

async function show(token) {
  try {
    await post("/api/session", { token });
    location.replace(wanted().path);
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
}

document.querySelector("#sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  show(event.target.elements.token.value.trim());
});

const { path, token } = wanted();
if (token) await show(token);
else if ((await get("/api/session")).signed_in) location.replace(path);
