// Waiting times in milliseconds. Spread on purpose: when a line or a server comes back, 263 rooms must not ask at once.

/** For the link: full jitter, 0.5 s doubling to 60 s. */
export function linkDelay(tries, rnd = Math.random) {
  return rnd() * Math.min(60_000, 500 * 2 ** Math.min(tries, 10));
}

/** For coming back into a meeting: 1, 2, 4 … 30 s, each ± 50 %. */
export function rejoinDelay(tries, rnd = Math.random) {
  return Math.min(30_000, 1000 * 2 ** Math.min(tries, 6)) * (0.5 + rnd());
}

/** After a failed join. A refusal stays in the video host's cache for 30–90 s, so asking sooner only prolongs it. */
export function retryDelay(code, tries, rnd = Math.random) {
  const floor = code === "E_REFUSED" || code === "E_TIMEOUT" ? 30_000 : 3_000;
  return floor + Math.min(30_000, 1000 * 2 ** Math.min(tries, 5)) * rnd();
}
