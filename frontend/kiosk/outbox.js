// What happened here and is not yet acknowledged. Numbered per boot; the server drops repeats by (boot, seq), so
// sending again is harmless. When full, the less important goes first; joined and left go last of all.
export const LIMIT = 2000;
export const BATCH = 50;
const KEPT = new Set(["joined", "left", "kicked"]);

export class Outbox {
  /** events: what an earlier run left behind. */
  constructor(boot, events = []) {
    this.boot = boot;
    this.events = events;
    this.seq = events.filter((e) => e.boot === boot).reduce((max, e) => Math.max(max, e.seq), 0);
  }

  /** Adds one; answers {added, dropped} for the store. at: ISO UTC; mono: whole milliseconds. */
  add(type, at, mono, conference, data) {
    const added = { boot: this.boot, seq: ++this.seq, at, mono, type, ...(conference && { conference }), ...(data && { data }) };
    this.events.push(added);
    if (this.events.length <= LIMIT) return { added, dropped: [] };
    const victim = this.events.findIndex((e) => !KEPT.has(e.type));
    return { added, dropped: this.events.splice(Math.max(victim, 0), 1) };
  }

  /** The oldest unacknowledged events of one boot as a message, or null. */
  batch() {
    const first = this.events[0];
    if (!first) return null;
    const events = this.events.filter((e) => e.boot === first.boot).slice(0, BATCH);
    return { t: "ev", boot: first.boot, events: events.map(({ boot, ...event }) => event) };
  }

  /** Cumulative: everything of that boot up to seq is with the server. Answers the events to forget. */
  ack(boot, seq) {
    const known = this.events.filter((e) => e.boot === boot && e.seq <= seq);
    this.events = this.events.filter((e) => !(e.boot === boot && e.seq <= seq));
    return known;
  }

  /** Numbers of this boot still unacknowledged, both inclusive, or undefined. */
  get span() {
    const own = this.events.filter((e) => e.boot === this.boot);
    return own.length ? { first: own[0].seq, last: own.at(-1).seq } : undefined;
  }
}
