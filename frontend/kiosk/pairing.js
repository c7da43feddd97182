// Screen shows code (shape of RFC 8628): start, show, poll until somebody confirmed the code for a room.
import { retryDelay } from "./backoff.js";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves once paired (api then holds the keys). hooks: code({...}), trouble(code or null). Never gives up. */
export async function pair(api, clock, version, hooks) {
  for (let tries = 0; ; tries++) {
    try {
      const begun = await api.startPairing(model(), version);
      hooks.trouble(null);
      const expires = clock.now() + begun.expires_in * 1000;
      hooks.code({ code: begun.user_code, url: begun.verify_url, qr: begun.verify_qr, expires });
      const paired = await pollUntil(api, clock, begun, expires);
      if (paired) return paired;
      tries = -1;
    } catch {
      hooks.trouble("E_PAIRING");
      await sleep(retryDelay("E_PAIRING", Math.max(tries, 0)));
    }
  }
}

async function pollUntil(api, clock, begun, expires) {
  let interval = begun.interval * 1000;
  while (clock.now() < expires) {
    await sleep(interval);
    const answer = await api.poll(begun.device_code).catch((error) => {
      // A lost answer is asked again; only a clear no ends this code.
      if (error.status >= 400 && error.status < 500 && error.status !== 429) throw error;
      return { status: "slow_down" };
    });
    if (answer.status === "paired") return answer;
    if (answer.status === "slow_down") interval += 1000;
    if (answer.status === "access_denied" || answer.status === "expired_token") return null;
  }
  return null;
}

function model() {
  const brand = navigator.userAgentData?.brands?.find((b) => !/Not/.test(b.brand));
  return brand ? `${brand.brand} ${brand.version}` : "browser";
}
