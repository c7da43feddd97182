// The server's time on a machine whose own clock may be wrong. A sample is (sent, received, server): the first two on
// the monotonic clock, so that a clock step in mid-session moves no join. The sample with the least round trip counts.
const KEEP = 8;

/** samples: [{offset, rtt}], newest last -> offset to add to the monotonic clock, or null without samples. */
export function bestOffset(samples) {
  if (!samples.length) return null;
  return samples.reduce((best, sample) => (sample.rtt < best.rtt ? sample : best)).offset;
}

export function addSample(samples, sent, received, server) {
  const sample = { offset: server - (sent + received) / 2, rtt: received - sent };
  return [...samples, sample].slice(-KEEP);
}

export class Clock {
  /** saved: {offset (server − wall), server (last server time seen)} or undefined; wall and mono: functions -> ms. */
  constructor(saved, wall = Date.now, mono = () => performance.now()) {
    this.wall = wall;
    this.mono = mono;
    this.samples = [];
    this.saved = saved;
    this.begun = { wall: wall(), mono: mono() };
  }

  /** Milliseconds since 1970 on the server's clock. */
  now() {
    const offset = bestOffset(this.samples);
    if (offset !== null) return this.mono() + offset;
    return this.begun.wall + (this.mono() - this.begun.mono) + (this.saved?.offset ?? 0);
  }

  /** False when, without any sample, the clock reads earlier than a time already seen (an empty CMOS battery). */
  get trusted() {
    return this.samples.length > 0 || !this.saved || this.now() >= this.saved.server;
  }

  /** Takes a sample; answers what to keep over a reload. */
  learn(sent, received, server) {
    // After sleep the monotonic clock lags behind: old samples would hold the time back.
    const jumped = this.samples.length > 0 && Math.abs(server - (this.mono() + bestOffset(this.samples))) > 5_000;
    this.samples = addSample(jumped ? [] : this.samples, sent, received, server);
    this.saved = { offset: this.now() - this.wall(), server: this.now() };
    return this.saved;
  }

  get rtt() {
    return this.samples.length ? Math.round(this.samples.at(-1).rtt) : null;
  }
}
