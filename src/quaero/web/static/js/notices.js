// A line about what just happened; it goes by itself, unless it is about something that went wrong.
const place = document.querySelector("#notices");

export function notice(text, kind = "done") {
  const line = document.createElement("p");
  line.className = `notice ${kind}`;
  line.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "quiet";
  close.textContent = "×";
  close.setAttribute("aria-label", "Close");
  close.addEventListener("click", () => line.remove());
  line.append(close);
  place.append(line);
  if (kind === "done") setTimeout(() => line.remove(), 5000);
}

export const problemNotice = (error) => notice(error.message, "failed");
