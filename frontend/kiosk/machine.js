// The room screen's state machine: next(state, event, now, rnd) -> [state, acts]. Pure: times are milliseconds on the
// server's clock, randomness comes in. What it decides follows the agenda (desired state) and never the link: a silent
// server changes nothing here. main.js does the acts and feeds the events back.
import { rejoinDelay, retryDelay } from "./backoff.js";

export const COUNTDOWN = 5 * 60_000;
export const JOIN_LIMIT = 60_000;
export const LEAVE_LIMIT = 5_000;
const STABLE = 60_000;
const OVER = new Set(["cancelled", "postponed", "ended", "recorded"]);
const QUIET = new Set(["starting", "pairing", "revoked"]);
const CONNECTED = new Set(["joining", "in_meeting"]);

/** memory: what survives a reload: { rev, done: {conference key: rev at which it was left for good} }. */
export function start(memory = {}) {
  return {
    phase: "starting", conference: null, room: null, attempt: 0, tries: 0, since: 0, deadline: 0, retryAt: 0,
    been: false, error: null, notice: null, pairing: null, agenda: null, want: null,
    rev: memory.rev ?? 0, done: memory.done ?? {}, clockOk: true,
  };
}

export function next(state, event, now, rnd = Math.random) {
  // Something an earlier, thrown away iframe still had to say.
  if (event.attempt !== undefined && event.attempt !== state.attempt) return [state, []];
  const handle = HANDLERS[event.t];
  if (!handle) return settle(state, now);
  const [changed, acts] = handle(state, event, now, rnd);
  const [settled, more] = settle(changed, now, rnd);
  return [settled, [...acts, ...more]];
}

const HANDLERS = {
  unpaired: (s) => [{ ...start(), phase: "pairing" }, [{ do: "pair" }]],
  code: (s, e) => [{ ...s, pairing: { code: e.code, url: e.url, qr: e.qr, expires: e.expires } }, []],
  paired: (s) => [{ ...s, phase: "idle", pairing: null }, [...(s.agenda ? [] : [{ do: "fetch" }]), { do: "connect" }]],
  agenda: (s, e) => [{ ...s, agenda: e.agenda, done: stillNamed(s.done, e.agenda) }, []],
  clock: (s, e) => [{ ...s, clockOk: e.ok }, []],
  want: onWant,
  joined: (s, e, now) =>
    s.phase === "joining"
      ? [{ ...s, phase: "in_meeting", since: now, been: true, error: null }, [report("joined", s.conference)]]
      : [s, []],
  dropped: onDropped,
  failed: (s, e, now, rnd) => (s.phase === "joining" ? fail(s, e.code, now, rnd) : onDropped(s, e, now, rnd)),
  kicked: (s) => {
    if (!s.conference) return [s, []];
    const done = { ...s.done, [s.conference]: s.rev };
    const notice = { code: "E_KICKED", conference: s.conference };
    return [{ ...idle(s), done, notice }, [report("kicked", s.conference), { do: "dispose" }, { do: "save" }]];
  },
  gone: (s) => (s.phase === "leaving" ? [idle(s), [{ do: "dispose" }]] : [s, []]),
  revoked: (s) => [{ ...start(), phase: "revoked", attempt: s.attempt + 1 }, [{ do: "dispose" }, { do: "wipe" }]],
};

/** The desired state by message; the newest rev wins, a repeat changes nothing, null means: leave what you are in. */
function onWant(s, e, now) {
  if (e.rev <= s.rev) return [s, []];
  const done = { ...s.done };
  if (e.conference) {
    delete done[e.conference];
  } else {
    for (const key of [s.conference, wanted(s, now)?.key]) if (key) done[key] = e.rev;
  }
  const want = e.conference ? { conference: e.conference, at: now, until: e.deadline ?? Infinity } : null;
  const acts = [{ do: "save" }];
  if (e.conference && !find(s, e.conference)) acts.push({ do: "fetch" });
  const agenda = e.ticket ? withTicket(s.agenda, e.conference, e.ticket) : s.agenda;
  return [{ ...s, agenda, rev: e.rev, done, want, notice: null, retryAt: 0 }, acts];
}

/** A ticket that came with the message counts until the next agenda; its end is inside it. */
const withTicket = (agenda, key, ticket) =>
  agenda && {
    ...agenda,
    conferences: agenda.conferences.map((c) => (c.key === key ? { ...c, ticket, ticket_exp: c.latest_end } : c)),
  };

/** Out of the room without having asked: come back, each time a little later; a minute of peace forgives. */
function onDropped(s, e, now, rnd) {
  if (s.phase === "leaving") return [idle(s), [{ do: "dispose" }]];
  if (s.phase === "joining") return fail(s, e.code ?? "E_VIDEO_HOST", now, rnd);
  if (s.phase !== "in_meeting") return [s, []];
  const tries = now - s.since > STABLE ? 0 : s.tries;
  const waiting = { phase: "reconnecting", tries: tries + 1, retryAt: now + rejoinDelay(tries, rnd), since: now };
  return [{ ...s, ...waiting, error: e.code ?? null }, [report("left", s.conference, e.why ?? "dropped"), { do: "dispose" }]];
}

function fail(s, code, now, rnd) {
  const phase = s.been ? "reconnecting" : "error";
  const retryAt = now + retryDelay(code, s.tries, rnd);
  const acts = [report("error", s.conference, code), { do: "dispose" }];
  if (code === "E_TICKET_EXPIRED") acts.push({ do: "fetch" });
  return [{ ...s, phase, error: code, tries: s.tries + 1, retryAt, since: now }, acts];
}

/** Brings the phase in line with what the agenda wants now. */
function settle(s, now, rnd) {
  if (QUIET.has(s.phase)) return [s, []];
  if (s.phase === "leaving") {
    if (now < s.deadline) return [s, []];
    const [after, acts] = settle(idle(s), now, rnd);
    return [after, [{ do: "dispose" }, ...acts]];
  }
  const target = wanted(s, now);
  if (s.conference && target?.key !== s.conference) return leave(s, now, rnd, target);
  if (!target) return [rest(s, now), []];
  if (CONNECTED.has(s.phase) && s.room !== roomOf(target)) return leave(s, now, rnd, target);
  if (s.phase === "joining" && now >= s.deadline) return fail(s, "E_TIMEOUT", now, rnd);
  if (CONNECTED.has(s.phase) || now < s.retryAt) return [s, []];
  return join(s, target, now, rnd);
}

function join(s, target, now, rnd) {
  const same = s.conference === target.key;
  const fresh = same ? s : { ...s, tries: 0, been: false, error: null, notice: null };
  const begun = {
    ...fresh, phase: "joining", conference: target.key, room: roomOf(target), attempt: s.attempt + 1,
    since: now, deadline: now + JOIN_LIMIT, retryAt: 0,
  };
  if (!target.ticket || Date.parse(target.ticket_exp) <= now) return fail(begun, "E_TICKET_EXPIRED", now, rnd);
  return [begun, [{ do: "join", conference: target, attempt: begun.attempt }]];
}

function leave(s, now, rnd, target) {
  const why = target ? (target.key === s.conference ? "moved" : "next") : "over";
  if (!CONNECTED.has(s.phase)) return settle(idle(s), now, rnd);
  const acts = s.phase === "in_meeting" ? [report("left", s.conference, why)] : [];
  return [{ ...s, phase: "leaving", deadline: now + LEAVE_LIMIT, since: now }, [...acts, { do: "hangup" }]];
}

function rest(s, now) {
  const soon = upcoming(s, now)[0];
  const phase = soon && Date.parse(soon.join_at) - now <= COUNTDOWN ? "countdown" : "idle";
  const notice = s.notice && now < leaveAt(find(s, s.notice.conference)) ? s.notice : null;
  return s.phase === phase && s.notice === notice ? s : { ...s, phase, notice };
}

function idle(s) {
  return { ...s, phase: "idle", conference: null, room: null, attempt: s.attempt + 1, error: null, tries: 0, retryAt: 0, been: false };
}

/** The conference this room should be in now, or undefined; of several the one that began to be wanted last. */
export function wanted(s, now) {
  // A clock known to be wrong must not open a microphone at the wrong time.
  if (!s.clockOk) return undefined;
  const begin = (c) => (s.want?.conference === c.key && now < s.want.until ? s.want.at : Date.parse(c.join_at));
  return listed(s)
    .filter((c) => begin(c) <= now && now < leaveAt(c) && !OVER.has(c.state) && s.done[c.key] === undefined)
    .sort((a, b) => begin(b) - begin(a))[0];
}

/** Conferences still to come, soonest first. */
export function upcoming(s, now) {
  return listed(s)
    .filter((c) => Date.parse(c.join_at) > now && !OVER.has(c.state) && s.done[c.key] === undefined)
    .sort((a, b) => Date.parse(a.join_at) - Date.parse(b.join_at));
}

export const find = (s, key) => listed(s).find((c) => c.key === key);
const listed = (s) => s.agenda?.conferences ?? [];
const leaveAt = (c) => (c ? Date.parse(c.leave_at) : 0);
const roomOf = (c) => `${c.bridge.domain}/${c.jitsi_name}`;
const report = (type, conference, why) => ({ do: "report", type, conference, ...(why && { why }) });
const stillNamed = (done, agenda) =>
  Object.fromEntries(Object.entries(done).filter(([key]) => agenda.conferences.some((c) => c.key === key)));
