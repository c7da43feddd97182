import assert from "node:assert/strict";
import { test } from "node:test";
import { covering, startsOf } from "../js/grid.js";
import { tidyDate, tidyTime } from "../js/fields.js";
import { dayAndTime, minutesOf, target } from "../js/move.js";
import { roughly } from "../js/relative.js";
import { linkDelay, rejoinDelay, retryDelay } from "../kiosk/backoff.js";
import { addSample, bestOffset, Clock } from "../kiosk/clock.js";
import { Carried } from "../kiosk/carried.js";
import { allowedBridge, options, pictureConfig } from "../kiosk/jitsi.js";
import { LIMIT, Outbox } from "../kiosk/outbox.js";
import { clockSpan, endingText, LocalTime, span } from "../kiosk/texts.js";

test("link waits: full jitter from 0.5 s to 60 s", () => {
  assert.equal(linkDelay(0, () => 1), 500);
  assert.equal(linkDelay(3, () => 1), 4000);
  assert.equal(linkDelay(50, () => 1), 60_000);
  assert.equal(linkDelay(9, () => 0), 0);
});

test("rejoin waits stay within half and one and a half; refusals wait out the host's cache", () => {
  assert.equal(rejoinDelay(2, () => 0), 2000);
  assert.equal(rejoinDelay(99, () => 1), 45_000);
  for (const code of ["E_REFUSED", "E_TIMEOUT"]) assert.ok(retryDelay(code, 0, () => 0) >= 30_000);
});

test("the sample with the least round trip gives the offset; only the last eight count", () => {
  let samples = addSample([], 0, 1000, 100_500);
  samples = addSample(samples, 2000, 2010, 102_015);
  assert.equal(bestOffset(samples), 100_010);
  for (let i = 0; i < 8; i++) samples = addSample(samples, 3000, 3100, 103_000);
  assert.equal(samples.length, 8);
  assert.equal(bestOffset(samples), 99_950);
  assert.equal(bestOffset([]), null);
});

test("a clock step in mid-session moves nothing; five minutes wrong is put right by one answer", () => {
  let wall = 1_000_000;
  let mono = 500;
  const clock = new Clock(undefined, () => wall, () => mono);
  assert.equal(clock.now(), wall);
  mono += 10;
  wall += 10;
  clock.learn(mono - 10, mono, 1_300_000);
  assert.ok(Math.abs(clock.now() - 1_300_005) < 1);
  wall -= 3_600_000;
  mono += 1000;
  assert.ok(Math.abs(clock.now() - 1_301_005) < 1);
});

test("without the service the kept offset holds; an empty battery is noticed", () => {
  const saved = { offset: 300_000, server: 2_000_000 };
  assert.equal(new Clock(saved, () => 1_800_000, () => 7).now(), 2_100_000);
  assert.equal(new Clock(saved, () => 1_800_000, () => 7).trusted, true);
  const flat = new Clock(saved, () => 0, () => 7);
  assert.equal(flat.trusted, false);
  flat.learn(6, 7, 2_500_000);
  assert.equal(flat.trusted, true);
});

test("after sleep the monotonic clock lags: the old samples go", () => {
  let mono = 0;
  const clock = new Clock(undefined, () => 0, () => mono);
  clock.learn(0, 0, 1_000_000);
  mono = 1000;
  clock.learn(900, 1000, 9_000_000);
  assert.ok(Math.abs(clock.now() - 9_000_050) < 1);
});

test("outbox: batches per boot, cumulative acks, numbers go on after a reload", () => {
  const old = new Outbox("b1");
  old.add("joined", "t", 1, "c");
  old.add("left", "t", 2, "c", { why: "over" });
  const box = new Outbox("b2", old.events);
  box.add("online", "t", 3);
  assert.deepEqual(box.span, { first: 1, last: 1 });
  const first = box.batch();
  assert.equal(first.boot, "b1");
  assert.deepEqual(first.events.map((e) => e.seq), [1, 2]);
  assert.deepEqual(first.events[1], { seq: 2, at: "t", mono: 2, type: "left", conference: "c", data: { why: "over" } });
  assert.equal(box.ack("b1", 1).length, 1);
  assert.equal(box.ack("b1", 1).length, 0);
  box.ack("b1", 2);
  assert.equal(box.batch().boot, "b2");
  box.ack("b2", 1);
  assert.equal(box.batch(), null);
  assert.equal(box.span, undefined);
  assert.equal(new Outbox("b2", [{ boot: "b2", seq: 7 }]).add("online", "t", 1).added.seq, 8);
});

test("a full outbox gives up the less important first", () => {
  const box = new Outbox("b");
  box.add("joined", "t", 0, "c");
  for (let i = 0; i < LIMIT; i++) box.add("offline", "t", 0);
  assert.equal(box.events.length, LIMIT);
  assert.equal(box.events[0].type, "joined");
  assert.equal(box.events[1].seq, 3);
});

const bridge = { domain: "meet.example/t", base_url: "https://meet.example/t", script_url: "https://meet.example/external_api.js" };

test("only video hosts on the page's list, script and room alike", () => {
  assert.equal(allowedBridge(bridge, ["https://meet.example"]), true);
  assert.equal(allowedBridge(bridge, ["https://other.example"]), false);
  assert.equal(allowedBridge({ ...bridge, script_url: "https://evil.example/x.js" }, ["https://meet.example"]), false);
  assert.equal(allowedBridge({ ...bridge, domain: "evil.example" }, ["https://meet.example"]), false);
  assert.equal(allowedBridge({ ...bridge, base_url: "nonsense" }, ["https://meet.example"]), false);
});

test("the agenda's config cannot undo what an unattended room needs", () => {
  const conference = { bridge, jitsi_name: "r", ticket: "t", subject: "S", config: { resolution: 360, prejoinConfig: { enabled: true }, startWithAudioMuted: false } };
  const made = options(conference, { name: "Phòng họp", unit: "UBND" }, null);
  assert.equal(made.configOverwrite.resolution, 360);
  assert.equal(made.configOverwrite.prejoinConfig.enabled, false);
  assert.equal(made.configOverwrite.startWithAudioMuted, true);
  assert.equal(made.configOverwrite.notifyOnConferenceDestruction, false);
  assert.equal(made.userInfo.displayName, "UBND – Phòng họp");
});

test("spans in words", () => {
  assert.deepEqual(span(8_100_000), ["2 giờ 15 phút", "2 h 15 min"]);
  assert.deepEqual(span(45_000), ["45 giây", "45 s"]);
  assert.equal(clockSpan(245_000), "4:05");
  assert.equal(new LocalTime("Asia/Ho_Chi_Minh").time(Date.parse("2026-11-24T01:00:00Z")), "08:00");
});

test("typed dates and times are put in order, unclear ones left alone", () => {
  const today = new Date(2026, 10, 24);
  for (const typed of ["5/1/27", "05.01.2027", "05012027", "5-1-2027"]) assert.equal(tidyDate(typed, today), "05/01/2027");
  assert.equal(tidyDate("25/12", today), "25/12/2026");
  for (const typed of ["31/02/2027", "tomorrow", "13/13/2027", ""]) assert.equal(tidyDate(typed, today), typed);
  for (const typed of ["8h30", "0830", "8.30", "08:30", "8:30"]) assert.equal(tidyTime(typed), "08:30");
  assert.equal(tidyTime("8"), "08:00");
  for (const typed of ["25:00", "8:75", "x"]) assert.equal(tidyTime(typed), typed);
});

test("grid: the cell above or below that covers the same column", () => {
  assert.deepEqual(startsOf([1, 4, 2]), [0, 1, 5]);
  assert.equal(covering([1, 2, 2, 2], 5), 3);
  assert.equal(covering([1, 2], 9), -1);
});

test("relative times", () => {
  assert.deepEqual(roughly(-7300), [-2, "hour"]);
  assert.deepEqual(roughly(300), [5, "minute"]);
  assert.equal(roughly(30), null);
});

test("the picture that was decided reaches Jitsi; an agenda without one changes nothing", () => {
  assert.deepEqual(pictureConfig(undefined), {});
  assert.deepEqual(pictureConfig({ code: "audio", height: 0, last_n: 3 }), { startAudioOnly: true, startWithVideoMuted: true, channelLastN: 0 });
  const config = pictureConfig({ code: "360p", height: 360, kbps_up: 700, last_n: 4 });
  assert.equal(config.resolution, 360);
  assert.equal(config.constraints.video.height.max, 360);
  assert.equal(config.channelLastN, 4);
});

test("what a line carried is the middle of what was measured, told once, and not after a short while", () => {
  const carried = new Carried();
  for (const n of [1, 2, 3]) carried.add({ bitrate: { upload: 100 * n, download: 10 }, packetLoss: { total: n } });
  carried.add({ connectionQuality: 100 });
  assert.equal(carried.take(), null);
  for (const n of [4, 900, 2, 3, 1]) carried.add({ bitrate: { upload: n, download: 10 * n }, packetLoss: { total: n / 3 } });
  assert.deepEqual(carried.take(), { up: 3, down: 30, loss: 1 });
  assert.equal(carried.take(), null);
});

test("a hall is told when the meeting ends and whether it can go on", () => {
  assert.deepEqual(endingText({ minutes: 10, extension: 30 }, "09:30"), ["Kết thúc 09:30, kéo dài được 30 phút", "ends 09:30, 30 min more at most"]);
  assert.deepEqual(endingText({ minutes: 5, extension: 0 }, "09:30"), ["Kết thúc 09:30, không kéo dài được", "ends 09:30, cannot go on"]);
});

test("a meeting moves by whole steps and stays within the day, whatever minute it begins at", () => {
  const scale = { at: minutesOf("2026-12-02T08:10"), long: 90, unit: 15, first: minutesOf("2026-12-02T07:00"), last: minutesOf("2026-12-02T18:00") };
  const seen = (steps) => Object.values(dayAndTime(target(scale, steps))).join(" ");
  assert.equal(seen(0), "2026-12-02 08:10");
  assert.equal(seen(2), "2026-12-02 08:40");
  assert.equal(seen(-99), "2026-12-02 07:10");
  assert.equal(seen(99), "2026-12-02 16:25");
  assert.equal(target({ ...scale, long: 2000 }, 5), scale.at, "longer than the table: it stays");
  const week = { ...scale, unit: 1440, first: minutesOf("2026-11-30T00:00"), last: minutesOf("2026-12-07T00:00") };
  assert.equal(dayAndTime(target(week, 9)).day, "2026-12-06");
});
