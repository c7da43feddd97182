// What the line carried in one meeting, from Jitsi's connection statistics. Pure.
const FEWEST = 4;
const MOST = 2000;

export class Carried {
  #seen = [];

  /** stats: what getConnectionStats gives, kbit/s and per cent; anything else is passed over. */
  add(stats) {
    const figures = [stats?.bitrate?.upload, stats?.bitrate?.download, stats?.packetLoss?.total];
    if (!figures.every(Number.isFinite)) return;
    this.#seen.push(figures);
    if (this.#seen.length > MOST) this.#seen.shift();
  }

  /** {up, down, loss}: the middle of each; null when too little was seen. What was taken is forgotten. */
  take() {
    const seen = this.#seen;
    this.#seen = [];
    if (seen.length < FEWEST) return null;
    const [up, down, loss] = [0, 1, 2].map((n) => middle(seen.map((figures) => figures[n])));
    return { up: Math.round(up), down: Math.round(down), loss: Math.round(loss * 10) / 10 };
  }
}

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
