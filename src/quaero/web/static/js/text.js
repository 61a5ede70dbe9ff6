// Text for people, as the server writes it (views/text.py, models/measures.py).

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** On one line, without characters that would change the direction of what follows. */
export const oneLine = (text) => String(text).split(/\s+/u).filter(Boolean).join(" ").replace(HIDDEN, "\uFFFD");

/** The same with its lines. */
export const safeLines = (text) => String(text).split(/\r\n|[\n\r]/u).map((line) => line.replace(HIDDEN, "\uFFFD")).join("\n");

/** `0.4 s`, `12 s`, `3 min 05 s`, `2 h 05 min`. */
export function secondsText(seconds) {
  if (seconds < 10) return `${Math.max(seconds, 0).toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (!minutes) return `${whole} s`;
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

export const numberText = (number) => number.toLocaleString("en-US");
