import assert from "node:assert/strict";
import { test } from "node:test";
import { COUNTDOWN, JOIN_LIMIT, LEAVE_LIMIT, next, start, upcoming, wanted } from "../kiosk/machine.js";

const T0 = Date.parse("2026-11-24T01:00:00Z");
const MIN = 60_000;
const at = (minutes) => new Date(T0 + minutes * MIN).toISOString();

function conference(key, from, to, more = {}) {
  return {
    key, title: key, starts: at(from + 15), ends: at(to), join_at: at(from), leave_at: at(to), latest_end: at(to + 120),
    state: "provisioned", bridge: { domain: "meet.example" }, jitsi_name: `r-${key}`,
    ticket: "t", ticket_exp: at(to + 135), ...more,
  };
}

/** Runs [minutes, event] pairs; answers the last state and every act done, with the minute. */
function run(steps, state = start(), rnd = () => 0.5) {
  const done = [];
  for (const [minutes, event] of steps) {
    const [after, acts] = next(state, event, T0 + minutes * MIN, rnd);
    state = after;
    done.push(...acts.map((act) => ({ ...act, minute: minutes })));
  }
  return { state, done, names: done.map((act) => act.do) };
}

const agenda = (...conferences) => ({ t: "agenda", agenda: { v: 1, conferences } });
const tick = { t: "tick" };
const paired = { t: "paired" };
const inMeeting = (...conferences) => [[-60, paired], [-60, agenda(...conferences)], [0, tick], [0.1, { t: "joined", attempt: 1 }]];

test("an unpaired screen asks for a code, shows it and goes idle once paired", () => {
  const { state, names } = run([[0, { t: "unpaired" }], [0, { t: "code", code: "BCDF-GHJK", url: "u", expires: 1 }]]);
  assert.deepEqual(names, ["pair"]);
  assert.equal(state.phase, "pairing");
  assert.equal(state.pairing.code, "BCDF-GHJK");
  assert.equal(run([[1, paired]], state).state.phase, "idle");
});

test("counts down for five minutes and joins at join_at, not a tick earlier", () => {
  const day = [[-60, paired], [-60, agenda(conference("a", 0, 60))]];
  assert.equal(run([...day, [-COUNTDOWN / MIN - 0.01, tick]]).state.phase, "idle");
  assert.equal(run([...day, [-5, tick]]).state.phase, "countdown");
  assert.equal(run([...day, [-0.001, tick]]).state.phase, "countdown");
  const { state, done } = run([...day, [0, tick]]);
  assert.equal(state.phase, "joining");
  assert.equal(done.at(-1).do, "join");
  assert.equal(done.at(-1).conference.key, "a");
});

test("a reload in the middle of a meeting joins again at once", () => {
  assert.equal(run([[30, paired], [30, agenda(conference("a", 0, 60))]]).state.phase, "joining");
});

test("leaves at leave_at and is idle when the room has let go, or after the limit", () => {
  const { state, names } = run([...inMeeting(conference("a", 0, 60)), [59.99, tick], [60, tick]]);
  assert.equal(state.phase, "leaving");
  assert.deepEqual(names.slice(-2), ["report", "hangup"]);
  assert.equal(run([[60.01, { t: "gone", attempt: state.attempt }]], state).state.phase, "idle");
  assert.equal(run([[60.01, { t: "dropped", attempt: state.attempt }]], state).state.phase, "idle");
  const stuck = run([[60 + LEAVE_LIMIT / MIN, tick]], state);
  assert.equal(stuck.state.phase, "idle");
  assert.deepEqual(stuck.names, ["dispose"]);
});

for (const over of ["ended", "cancelled", "postponed"]) {
  test(`leaves when the agenda says ${over}, and does not join what is so`, () => {
    const { state } = run([...inMeeting(conference("a", 0, 60)), [20, agenda(conference("a", 0, 60, { state: over }))]]);
    assert.equal(state.phase, "leaving");
    assert.equal(run([[0, paired], [1, agenda(conference("a", 0, 60, { state: over }))]]).state.phase, "idle");
  });
}

test("an extension moves the end while in the meeting", () => {
  const { state } = run([...inMeeting(conference("a", 0, 60)), [50, agenda(conference("a", 0, 90))], [75, tick]]);
  assert.equal(state.phase, "in_meeting");
});

test("yields to the next conference as soon as that one wants the room", () => {
  const steps = [...inMeeting(conference("a", 0, 60), conference("b", 50, 90)), [50, tick]];
  const { state, done } = run(steps);
  assert.equal(state.phase, "leaving");
  assert.equal(done.find((act) => act.type === "left").why, "next");
  const after = run([[50.01, { t: "gone", attempt: state.attempt }]], state);
  assert.equal(after.state.phase, "joining");
  assert.equal(after.state.conference, "b");
});

test("a new room for a running conference: out of the old one, into the new one", () => {
  const { state } = run([...inMeeting(conference("a", 0, 60)), [20, agenda(conference("a", 0, 60, { jitsi_name: "other" }))]]);
  assert.equal(state.phase, "leaving");
  const after = run([[20.01, { t: "gone", attempt: state.attempt }]], state);
  assert.equal(after.done.find((act) => act.do === "join").conference.jitsi_name, "other");
});

test("dropped: comes back after 1, 2, 4 … s; a minute of peace forgives", () => {
  let { state } = run(inMeeting(conference("a", 0, 300)));
  const waits = [];
  let minute = 0.2;
  for (let i = 0; i < 8; i++) {
    ({ state } = run([[minute, { t: "dropped", why: "unhealthy", attempt: state.attempt }]], state));
    assert.equal(state.phase, "reconnecting");
    waits.push(Math.round((state.retryAt - T0) / 1000 - minute * 60));
    minute = (state.retryAt - T0) / MIN;
    ({ state } = run([[minute, tick], [minute, { t: "joined", attempt: state.attempt + 1 }]], state));
    assert.equal(state.phase, "in_meeting");
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
  ({ state } = run([[minute + 2, { t: "dropped", attempt: state.attempt }]], state));
  assert.equal(state.tries, 1);
});

test("not in within the limit: thrown away, and asked again only after 30 s", () => {
  const day = [[-60, paired], [-60, agenda(conference("a", 0, 60))], [0, tick]];
  const { state, names } = run([...day, [JOIN_LIMIT / MIN, tick]]);
  assert.equal(state.phase, "error");
  assert.equal(state.error, "E_TIMEOUT");
  assert.ok(names.includes("dispose"));
  assert.ok(state.retryAt - T0 >= JOIN_LIMIT + 30_000);
  assert.equal(run([[1.4, tick]], state).state.phase, "error");
  assert.equal(run([[2.1, tick]], state).state.phase, "joining");
});

test("a failed rejoin stays on the reconnecting screen, a first one shows the error", () => {
  const first = run([[0, paired], [0, agenda(conference("a", 0, 60))], [0.1, { t: "failed", code: "E_VIDEO_HOST", attempt: 1 }]]);
  assert.equal(first.state.phase, "error");
  const { state } = run([...inMeeting(conference("a", 0, 60)), [5, { t: "dropped", attempt: 1 }], [6, tick]]);
  assert.equal(run([[6.1, { t: "failed", code: "E_REFUSED", attempt: state.attempt }]], state).state.phase, "reconnecting");
});

test("kicked: stays out, says so, until want rises or the next conference", () => {
  const { state, names } = run([...inMeeting(conference("a", 0, 60)), [5, { t: "kicked", attempt: 1 }], [6, tick]]);
  assert.equal(state.phase, "idle");
  assert.equal(state.notice.code, "E_KICKED");
  assert.ok(names.includes("save"));
  assert.equal(run([[7, { t: "want", rev: 1, conference: "a" }]], state).state.phase, "joining");
  const reloaded = start({ rev: state.rev, done: state.done });
  assert.equal(run([[8, paired], [8, agenda(conference("a", 0, 60))]], reloaded).state.phase, "idle");
  assert.equal(run([[61, tick]], state).state.notice, null);
});

test("want null leaves for good, repeats and older revs change nothing", () => {
  const { state } = run([...inMeeting(conference("a", 0, 60), conference("b", 70, 90)), [5, { t: "want", rev: 3, conference: null }]]);
  assert.equal(state.phase, "leaving");
  const out = run([[5.1, { t: "gone", attempt: state.attempt }], [6, { t: "want", rev: 2, conference: "a" }]], state).state;
  assert.equal(out.phase, "idle");
  assert.equal(run([[70, tick]], out).state.conference, "b");
});

test("want null that comes before the joining has no effect on what comes later", () => {
  const { state } = run([[-60, paired], [-60, agenda(conference("a", 0, 60))], [-50, { t: "want", rev: 9, conference: null }], [0, tick]]);
  assert.equal(state.phase, "joining");
});

test("want brings a room in before join_at, until its deadline, and a later conference still takes over", () => {
  const day = [[-60, paired], [-60, agenda(conference("a", 0, 60), conference("b", -10, 60))]];
  const early = run([...day, [-30, { t: "want", rev: 1, conference: "a", deadline: T0 - 20 * MIN }]]);
  assert.equal(early.state.conference, "a");
  assert.equal(run([[-20, tick]], early.state).state.phase, "leaving");
  const lasting = run([...day, [-30, { t: "want", rev: 1, conference: "a" }], [-10, tick]]);
  assert.equal(lasting.state.phase, "leaving");
});

test("a want for something unknown asks for the agenda", () => {
  const { names } = run([[0, paired], [0, agenda()], [1, { t: "want", rev: 1, conference: "x", ticket: "n" }]]);
  assert.deepEqual(names.slice(-2), ["save", "fetch"]);
});

test("a ticket that came with want is used", () => {
  const expired = conference("a", 0, 60, { ticket_exp: at(-5) });
  const { done } = run([[-60, paired], [-60, agenda(expired)], [1, { t: "want", rev: 1, conference: "a", ticket: "new" }]]);
  assert.equal(done.find((act) => act.do === "join").conference.ticket, "new");
});

test("without a valid ticket it asks for the agenda and tries again", () => {
  const { state, names } = run([[0, paired], [0, agenda(conference("a", 0, 60, { ticket_exp: at(-1) }))]]);
  assert.equal(state.error, "E_TICKET_EXPIRED");
  assert.equal(names.at(-1), "fetch");
  assert.equal(run([[0.01, agenda(conference("a", 0, 60))], [1, tick]], state).state.phase, "joining");
});

test("what an earlier iframe says is ignored", () => {
  const { state } = run(inMeeting(conference("a", 0, 60)));
  assert.equal(run([[1, { t: "dropped", attempt: 0 }]], state).state, state);
});

test("revoked: out at once, everything wiped, whatever was going on", () => {
  const { state, names } = run([...inMeeting(conference("a", 0, 60)), [5, { t: "revoked" }], [6, tick]]);
  assert.equal(state.phase, "revoked");
  assert.equal(state.agenda, null);
  assert.deepEqual(names.slice(-2), ["dispose", "wipe"]);
  assert.equal(run([[7, { t: "unpaired" }]], state).state.phase, "pairing");
});

test("a clock known to be wrong joins nothing; a good one joins at once", () => {
  const { state } = run([[0, { t: "clock", ok: false }], [0, paired], [0, agenda(conference("a", 0, 60))]]);
  assert.equal(state.phase, "idle");
  assert.equal(run([[1, { t: "clock", ok: true }]], state).state.phase, "joining");
});

test("the agenda forgets what it no longer names", () => {
  const { state } = run([...inMeeting(conference("a", 0, 60)), [5, { t: "kicked", attempt: 1 }], [6, agenda(conference("b", 70, 90))]]);
  assert.deepEqual(state.done, {});
});

test("whatever comes, in whatever order: never two rooms, never in a cancelled one, never stuck joining", () => {
  let seed = 42;
  const rnd = () => ((seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31);
  for (let round = 0; round < 200; round++) {
    let state = start();
    let joined = null;
    let now = T0 - 20 * MIN;
    const states = ["provisioned", "open", "cancelled", "ended"];
    let list = [conference("a", 0, 40), conference("b", 30, 80), conference("c", 60, 90)];
    [state] = next(state, paired, now, rnd);
    for (let i = 0; i < 150; i++) {
      now += rnd() * 2 * MIN;
      const kind = Math.floor(rnd() * 8);
      const { attempt } = state;
      if (kind === 0) list = list.map((c) => (rnd() < 0.1 ? { ...c, state: states[Math.floor(rnd() * 4)] } : c));
      const event = [
        agenda(...list), { t: "joined", attempt }, { t: "dropped", attempt }, { t: "failed", code: "E_REFUSED", attempt },
        { t: "want", rev: Math.floor(rnd() * 9), conference: rnd() < 0.5 ? null : "b" }, { t: "gone", attempt }, tick, tick,
      ][kind];
      const [after, acts] = next(state, event, now, rnd);
      for (const act of acts) {
        if (act.do === "join") {
          assert.equal(joined, null, "joined while another iframe was there");
          joined = act.conference.key;
          assert.ok(!["cancelled", "ended"].includes(act.conference.state));
        }
        if (act.do === "dispose") joined = null;
      }
      state = after;
      if (state.phase === "joining") assert.ok(now < state.deadline);
      if (state.phase === "in_meeting") assert.equal(wanted(state, now)?.key, state.conference);
      assert.ok(upcoming(state, now).every((c) => Date.parse(c.join_at) > now));
    }
  }
});
