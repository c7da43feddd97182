// The plain HTTP half: pairing, tokens, agenda. Every answer with X-Server-Time feeds the clock.
const LIMIT = 15_000;

export class Refused extends Error {
  constructor(status, code) {
    super(`${status} ${code ?? ""}`);
    this.status = status;
    this.code = code;
  }
}

export class Api {
  /** keys: {refresh, access, expires, endpoint: {key, room}} or null; onKeys is awaited before new ones are used
      (a lost write unpairs). */
  constructor(base, clock, keys, onKeys, onTime) {
    Object.assign(this, { base, clock, keys, onKeys, onTime });
  }

  startPairing(model, version) {
    return this.#json("POST", "pair/start", { model, app_version: version });
  }

  async poll(deviceCode) {
    const answer = await this.#json("POST", "pair/poll", { device_code: deviceCode });
    if (answer.status === "paired") await this.#keep(answer);
    return answer;
  }

  /** A valid access token; asks for a new one when `renew` or when less than five minutes are left. */
  async access(renew = false) {
    if (renew || this.clock.now() > this.keys.expires - 5 * 60_000) {
      // One at a time: two rotations at once would look like a stolen token.
      this.pending ??= this.#json("POST", "token", { refresh: this.keys.refresh })
        .then((answer) => this.#keep(answer))
        .finally(() => { this.pending = null; });
      await this.pending;
    }
    return this.keys.access;
  }

  /** {agenda, etag} when changed, null when the one with `etag` still holds. */
  async agenda(etag) {
    const ask = async (renew) =>
      this.#fetch("GET", "agenda", undefined, {
        Authorization: `Bearer ${await this.access(renew)}`,
        ...(etag && { "If-None-Match": etag }),
      });
    let response = await ask(false);
    if (response.status === 401) response = await ask(true);
    if (response.status === 304) return null;
    if (!response.ok) throw await refusal(response);
    return { agenda: await response.json(), etag: response.headers.get("ETag") };
  }

  async #keep({ refresh, access, access_expires_in: seconds, endpoint = this.keys?.endpoint }) {
    const keys = { refresh, access, expires: this.clock.now() + seconds * 1000, endpoint };
    await this.onKeys(keys);
    this.keys = keys;
  }

  async #json(method, path, body) {
    const response = await this.#fetch(method, path, JSON.stringify(body), { "Content-Type": "application/json" });
    if (!response.ok) throw await refusal(response);
    return response.json();
  }

  async #fetch(method, path, body, headers) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), LIMIT);
    const sent = this.clock.mono();
    try {
      // no-store: the browser's cache must not answer in place of the server; the ETag is ours to send.
      const response = await fetch(`${this.base}/${path}`, {
        method, body, headers, cache: "no-store", credentials: "omit", signal: stop.signal,
      });
      const time = Date.parse(response.headers.get("X-Server-Time"));
      if (time) this.onTime(sent, this.clock.mono(), time);
      return response;
    } finally {
      clearTimeout(timer);
    }
  }
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  return new Refused(response.status, problem.code);
}
