// Asking the server. The cookie of this browser goes along by itself.

const base = document.documentElement.dataset.base;

/** An error of the server: `code` is stable, the message is for people. */
export class Problem extends Error {
  constructor(shape) {
    super([shape.where, shape.detail].filter(Boolean).join(": ") + (shape.remedy ? `. ${shape.remedy}` : ""));
    Object.assign(this, shape);
  }
}

export const url = (path) => base + path;

/** The JSON of an answer; throws a Problem. `body` is sent as JSON. */
export async function ask(method, path, body, headers = {}) {
  let response;
  try {
    response = await fetch(url(path), {
      method,
      headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem({ code: "unreachable", detail: "the server does not answer" });
  }
  const answer = response.status === 204 ? null : await response.json().catch(() => null);
  if (answer?.code === "token_missing") location.assign(url(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`));
  if (!response.ok) throw new Problem(answer ?? { code: "error", detail: `the server answered ${response.status}` });
  return answer;
}

export const get = (path) => ask("GET", path);
export const post = (path, body, headers) => ask("POST", path, body ?? {}, headers);
