// The stream of events of the server, connected again whenever it breaks, from where it was.
// Not the browser's EventSource: that cannot tell a closed door (401, 403) from a server that is away.
const SILENCE = 40_000; // the server says something every 15 s
const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 5_000;

/**
 * `tell` gets {state: "live" | "reconnecting" | "refused", since}, {events, position} and {reset: true}; `since`: the
 * moment (ms) of the last word of the server. `position`: where to begin, as a page carries it.
 */
export class EventStream {
  constructor(url, position, tell) {
    Object.assign(this, { url, position, tell, stopped: false, heard: Date.now() });
    this.run();
  }

  stop() {
    this.stopped = true;
    this.connection?.abort();
  }

  async run() {
    let pause = FIRST_PAUSE;
    while (!this.stopped) {
      this.connection = new AbortController();
      const watch = setInterval(() => Date.now() - this.heard > SILENCE && this.connection.abort(), 5_000);
      try {
        const response = await fetch(this.url, { headers: this.headers(), signal: this.connection.signal, cache: "no-store" });
        if (response.status === 401 || response.status === 403) return this.tell({ state: "refused", since: this.heard });
        if (response.ok) {
          pause = FIRST_PAUSE;
          this.heard = Date.now();
          this.tell({ state: "live", since: this.heard });
          await this.read(response.body);
        }
      } catch {
        // the server is away, or the connection broke
      } finally {
        clearInterval(watch);
      }
      if (this.stopped) return;
      this.tell({ state: "reconnecting", since: this.heard });
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  headers() {
    return { Accept: "text/event-stream", ...(this.position ? { "Last-Event-ID": this.position } : {}) };
  }

  async read(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.heard = Date.now();
      const messages = (text + value).split("\n\n");
      text = messages.pop();
      this.take(messages.map(fields));
    }
  }

  take(messages) {
    let events = [];
    for (const { id, event, data } of messages) {
      if (id) this.position = id;
      if (event === "reset") {
        if (events.length) this.tell({ events });
        events = [];
        this.tell({ reset: true });
      } else if (data && event !== "hello") {
        events.push(JSON.parse(data));
      }
    }
    if (events.length) this.tell({ events });
  }
}

const fields = (message) => Object.fromEntries(message.split("\n").map((line) => {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
}));
