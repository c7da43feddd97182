// The room screen: wires the state machine to the store, the service, the video host and the picture.
import { Api } from "./api.js";
import { Clock } from "./clock.js";
import { allowedBridge, Meeting } from "./jitsi.js";
import { Link } from "./link.js";
import { next, start } from "./machine.js";
import { Outbox } from "./outbox.js";
import { pair } from "./pairing.js";
import { Screen } from "./screen.js";
import { openStore } from "./store.js";

const TICK = 250;
const FETCH_WITH_LINK = 10 * 60_000;
const FETCH_WITHOUT_LINK = 60_000;
const REVOKED_SHOWN = 30_000;
const FIRST_ANSWER = 3_000;
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

class Kiosk {
  constructor(store, kept) {
    const { keys, memory, clock, agenda, events } = kept;
    Object.assign(this, { store, etag: agenda?.etag, agendaAt: agenda?.at, problem: null, fetchAt: 0 });
    this.version = meta("confsvc-build") || "dev";
    this.origins = meta("confsvc-bridges").split(/\s+/).filter(Boolean);
    this.clock = new Clock(clock);
    this.outbox = new Outbox(uuid(), events);
    this.screen = new Screen(document.body, meta("confsvc-timezone") || "Asia/Ho_Chi_Minh", meta("confsvc-phone"));
    this.place = document.getElementById("meeting");
    this.state = { ...start(memory), agenda: agenda?.agenda ?? null };
    const onTime = (sent, received, server) => this.learnTime(sent, received, server);
    this.api = new Api("/api/v1/endpoint", this.clock, keys, (k) => store.set("keys", k), onTime);
    const ws = new URL("/api/v1/endpoint/ws", location.href);
    ws.protocol = ws.protocol.replace("http", "ws");
    this.link = new Link(ws, this.outbox, this.clock, {
      hello: () => this.hello(),
      beat: () => this.beat(),
      on: (message) => this.heard(message),
      time: onTime,
      acked: (events) => store.dropEvents(events),
      changed: (up) => this.linkChanged(up),
      expired: () => this.api.access(true).catch((error) => this.refusedKeys(error)),
      revoked: () => this.feed({ t: "revoked" }),
    });
  }

  /** Asks for the agenda before acting on the kept one, but never waits long: without the service it has to do. */
  async begin() {
    this.feed({ t: "clock", ok: this.clock.trusted });
    this.draw();
    keepAwake();
    if (this.api.keys) await Promise.race([this.fetch(), new Promise((done) => setTimeout(done, FIRST_ANSWER))]);
    if (this.state.phase === "starting") this.feed(this.api.keys ? { t: "paired" } : { t: "unpaired" });
    document.addEventListener("keydown", ({ key, repeat }) => {
      if (key.toLowerCase() === "m" && !repeat) this.meeting?.toggleMicrophone();
    });
    setInterval(() => this.tick(), TICK);
  }

  feed(event) {
    const before = this.state;
    const [state, acts] = next(before, event, this.clock.now());
    this.state = state;
    for (const act of acts) this.acts[act.do](act);
    if (state !== before) this.draw();
  }

  tick() {
    this.feed({ t: "tick" });
    if (this.api.keys && this.clock.now() >= this.fetchAt) this.fetch();
    this.draw();
  }

  draw() {
    const { state, agendaAt, problem } = this;
    const muted = this.meeting?.muted ?? { audio: false };
    this.screen.draw({ state, now: this.clock.now(), link: this.link.up, agendaAt, muted, problem });
  }

  acts = {
    pair: () => this.pair(),
    fetch: () => { this.fetchAt = 0; },
    connect: () => this.link.start(),
    save: () => this.store.set("memory", { rev: this.state.rev, done: this.state.done }),
    report: ({ type, conference, why }) => this.report(type, conference, why && (type === "error" ? { code: why } : { why })),
    hangup: () => this.meeting?.hangup(),
    dispose: () => {
      this.meeting?.dispose();
      this.meeting = null;
    },
    join: ({ conference, attempt }) => {
      const later = (event) => queueMicrotask(() => this.feed(event));
      if (!allowedBridge(conference.bridge, this.origins)) return later({ t: "failed", code: "E_BRIDGE", attempt });
      const trial = { attempt, again: this.state.tries > 0 };
      this.meeting = new Meeting(this.place, conference, this.state.agenda.room, trial, (e) => this.fromMeeting(e));
      this.meeting.join();
    },
    wipe: async () => {
      this.link.stop();
      this.api.keys = this.etag = null;
      this.outbox.events = [];
      await this.store.wipe();
      setTimeout(() => this.feed({ t: "unpaired" }), REVOKED_SHOWN);
    },
  };

  fromMeeting(event) {
    if (event.t === "carried") return this.report("quality", event.conference, event.data);
    if (event.t === "mute") return this.draw();
    if (event.t === "device") return this.report("device_changed", this.state.conference, { code: event.code });
    this.feed(event);
  }

  async pair() {
    const hooks = {
      code: (shown) => this.feed({ t: "code", ...shown }),
      trouble: (code) => { this.problem = code; },
    };
    await pair(this.api, this.clock, this.version, hooks);
    this.feed({ t: "paired" });
  }

  /** One at a time. A failed call leaves the agenda in place: a cached one is enough to join. */
  async fetch() {
    this.fetchAt = Infinity;
    try {
      const found = await this.api.agenda(this.etag);
      this.agendaAt = this.clock.now();
      if (found) {
        this.etag = found.etag;
        this.feed({ t: "agenda", agenda: found.agenda });
      }
      await this.store.set("agenda", { agenda: this.state.agenda, etag: this.etag, at: this.agendaAt });
      this.fetchAt = Math.min(this.fetchAt, this.nextFetch());
    } catch (error) {
      this.refusedKeys(error);
      this.fetchAt = Math.min(this.fetchAt, this.clock.now() + FETCH_WITHOUT_LINK * (0.5 + Math.random()));
    }
  }

  nextFetch() {
    const now = this.clock.now();
    const asked = Date.parse(this.state.agenda?.refresh_after);
    const usual = now + (this.link.up ? FETCH_WITH_LINK : FETCH_WITHOUT_LINK);
    return asked > now ? Math.min(asked + Math.random() * 20_000, usual) : usual;
  }

  /** Only a clear answer about this device unpairs it: 403, or the refresh token refused three times in a row. */
  refusedKeys(error) {
    if (error.status === 403) return this.feed({ t: "revoked" });
    this.refused = error.status === 401 ? (this.refused ?? 0) + 1 : 0;
    if (this.refused >= 3 && !this.meeting) this.feed({ t: "revoked" });
    return undefined;
  }

  async hello() {
    const { outbox, clock, etag, state, api } = this;
    const token = await api.access();
    return {
      t: "hello", v: 1, token, endpoint_id: api.keys.endpoint.key, boot: outbox.boot, app: this.version,
      state: state.phase, ...(state.conference && { conference: state.conference }), ...(etag && { agenda_etag: etag }),
      ...(outbox.span && { ev: outbox.span }), caps: [], clock: { wall: new Date(clock.now()).toISOString(), mono: Math.round(clock.mono()) },
    };
  }

  beat() {
    const { state, meeting, outbox, clock } = this;
    const device = (off) => (off ? "off" : "ok");
    return {
      state: state.phase, ...(state.conference && { conference: state.conference }), outbox: outbox.events.length,
      clock_off: Math.round(clock.wall() - clock.now()), ...(clock.rtt !== null && { rtt: clock.rtt }),
      ...(meeting && { mic: device(meeting.muted.audio), cam: device(meeting.muted.video) }),
    };
  }

  heard(message) {
    this.refused = 0;
    const spread = (seconds) => this.clock.now() + Math.random() * 1000 * (seconds ?? 20);
    if (message.t === "welcome" && message.agenda.etag !== this.etag) this.fetchAt = Math.min(this.fetchAt, spread(message.spread));
    if (message.t === "agenda" && message.etag !== this.etag) this.fetchAt = Math.min(this.fetchAt, spread(message.spread));
    if (message.t === "want") {
      const { rev, conference, ticket, deadline } = message;
      this.feed({ t: "want", rev, conference, ticket, ...(deadline && { deadline: Date.parse(deadline) }) });
    }
  }

  linkChanged(up) {
    // The first connection is no news; losing one is.
    if (!up) this.report("offline");
    else if (this.wasUp) this.report("online");
    this.wasUp = true;
    this.draw();
  }

  async report(type, conference, data) {
    const at = new Date(this.clock.now()).toISOString();
    const { added, dropped } = this.outbox.add(type, at, Math.round(this.clock.mono()), conference, data);
    await this.store.addEvent(added);
    if (dropped.length) await this.store.dropEvents(dropped);
    this.link.flush();
  }

  learnTime(sent, received, server) {
    this.store.set("clock", this.clock.learn(sent, received, server));
    if (!this.state.clockOk) this.feed({ t: "clock", ok: true });
  }
}

/** Asks the browser not to dim the screen; where it cannot, the device's own settings have to do. */
function keepAwake() {
  const ask = () => {
    if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {});
  };
  ask();
  document.addEventListener("visibilitychange", ask);
}

/** crypto.randomUUID is missing on pages without TLS. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

async function run() {
  const store = await openStore();
  const names = ["keys", "memory", "clock", "agenda", "boots"];
  const values = await Promise.all(names.map((name) => store.get(name)));
  const kept = Object.fromEntries(names.map((name, i) => [name, values[i]]));
  await store.set("boots", (kept.boots ?? 0) + 1);
  const kiosk = new Kiosk(store, { ...kept, keys: kept.keys ?? null, events: await store.events() });
  kiosk.begin();
}

// Two windows of one browser would fight over one token: the second waits until the first is closed.
if (navigator.locks) {
  const screen = new Screen(document.body, meta("confsvc-timezone") || "Asia/Ho_Chi_Minh", meta("confsvc-phone"));
  const waiting = setTimeout(() => {
    screen.draw({ state: start(), now: Date.now(), link: false, muted: {}, problem: "E_OPEN" });
  }, 3_000);
  navigator.locks.request("confsvc-kiosk", () => {
    clearTimeout(waiting);
    return run().then(() => new Promise(() => {}));
  });
} else {
  run();
}
