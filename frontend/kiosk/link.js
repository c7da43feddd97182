// The WebSocket to the service: hello, welcome, agenda hints, want, events, beats. It comes back by itself, with full
// jitter; nothing in a meeting depends on it.
import { linkDelay } from "./backoff.js";

const STABLE = 60_000;
const WELCOME_LIMIT = 15_000;
const RESEND = 30_000;
const CODES = { expired: 4401, revoked: 4403, replaced: 4409 };

export class Link {
  /** hooks: hello() -> promise of the first message, beat() -> message fields, on(message), changed(up),
      expired() -> promise, revoked(). */
  constructor(url, outbox, clock, hooks) {
    Object.assign(this, { url, outbox, clock, hooks, tries: 0, n: 0, up: false, stopped: true });
  }

  start() {
    if (!this.stopped) return;
    this.stopped = false;
    this.#connect();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.retry);
    this.socket?.close(1000);
  }

  /** Sends the oldest events; the next batch follows their acknowledgement. */
  flush() {
    if (!this.up) return;
    const batch = this.outbox.batch();
    clearTimeout(this.resend);
    if (!batch) return;
    this.#send(batch);
    this.resend = setTimeout(() => this.flush(), RESEND);
  }

  async #connect() {
    let hello;
    try {
      hello = await this.hooks.hello();
    } catch {
      this.#later(0); // no token to be had now: the same wait as for a server that does not answer
      return;
    }
    if (this.stopped) return;
    const socket = new WebSocket(this.url, "confsvc.v1");
    this.socket = socket;
    this.quiet = setTimeout(() => socket.close(4000), WELCOME_LIMIT);
    socket.onopen = () => {
      this.asked = this.clock.mono();
      this.#send(hello);
    };
    socket.onmessage = ({ data }) => this.#take(socket, data);
    socket.onclose = ({ code }) => {
      if (this.socket === socket) this.#closed(code);
    };
  }

  #take(socket, data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return; // not ours to understand; an unknown message is ignored like an unknown "t"
    }
    if (message.t === "welcome") this.#welcome(socket, message);
    if (message.t === "ack") this.#acked(message);
    if (message.t === "bye") {
      this.bye = message;
      socket.close(1000);
    }
    this.#listen(socket);
    this.hooks.on(message);
  }

  #welcome(socket, message) {
    this.up = true;
    this.since = this.clock.mono();
    this.beatEvery = (message.hb ?? 25) * 1000;
    this.hooks.time(this.asked, this.clock.mono(), Date.parse(message.server_time));
    if (message.ev_ack) this.hooks.acked(this.outbox.ack(this.outbox.boot, message.ev_ack));
    this.hooks.changed(true);
    this.#beatLater(socket);
    this.flush();
  }

  #acked(message) {
    if (message.n !== undefined) {
      if (message.n === this.n && message.server_time) {
        this.hooks.time(this.asked, this.clock.mono(), Date.parse(message.server_time));
      }
    } else {
      this.hooks.acked(this.outbox.ack(message.boot, message.seq));
      this.flush();
    }
  }

  #beatLater(socket) {
    clearTimeout(this.beat);
    this.beat = setTimeout(() => {
      if (this.socket !== socket || !this.up) return;
      this.asked = this.clock.mono();
      this.#send({ t: "beat", n: ++this.n, ...this.hooks.beat() });
      this.#beatLater(socket);
    }, this.beatEvery * (0.8 + 0.4 * Math.random()));
  }

  /** A half-open connection says nothing: after two and a half beats of silence it is taken down. */
  #listen(socket) {
    clearTimeout(this.quiet);
    if (this.beatEvery) this.quiet = setTimeout(() => socket.close(4000), this.beatEvery * 2.5);
  }

  #send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  async #closed(closeCode) {
    for (const timer of [this.quiet, this.beat, this.resend]) clearTimeout(timer);
    const code = this.bye?.code ?? closeCode;
    const wait = (this.bye?.retry_after ?? 0) * 1000;
    if (this.up && this.clock.mono() - this.since > STABLE) this.tries = 0;
    Object.assign(this, { bye: null, socket: null, beatEvery: 0 });
    if (this.up) {
      this.up = false;
      this.hooks.changed(false);
    }
    if (this.stopped) return;
    if (code === CODES.revoked) return this.hooks.revoked();
    if (code === CODES.expired) await this.hooks.expired();
    this.#later(code === CODES.replaced ? Math.max(wait, 60_000) : wait);
  }

  #later(least) {
    if (this.stopped) return;
    this.retry = setTimeout(() => this.#connect(), least + linkDelay(this.tries++));
  }
}
