// Draws the state onto kiosk.html. Sections carry data-screen, places carry data-put; nothing here decides anything.
import { find, upcoming, wanted } from "./machine.js";
import { clockSpan, endingText, errorText, LocalTime, span } from "./texts.js";

const SCREEN = { starting: "starting", countdown: "countdown", joining: "joining", in_meeting: "meeting", leaving: "leaving" };
const ROWS = 5;

export class Screen {
  constructor(root, timeZone, phone) {
    Object.assign(this, { root, local: new LocalTime(timeZone), phone, drawn: new Map() });
    this.places = new Map();
    for (const place of root.querySelectorAll("[data-put]")) {
      const name = place.dataset.put;
      this.places.set(name, [...(this.places.get(name) ?? []), place]);
    }
    this.sections = [...root.querySelectorAll("[data-screen]")];
  }

  /** view: {state, now, link, agendaAt, muted, problem}; link: whether the service answers. */
  draw({ state, now, link, agendaAt, muted, problem }) {
    const room = state.agenda?.room;
    const screen = problem ? "error" : (SCREEN[state.phase] ?? state.phase);
    this.root.dataset.phase = screen;
    for (const section of this.sections) section.hidden = !section.dataset.screen.split(" ").includes(screen);
    const [vi, en] = this.local.date(now);
    this.#put("clock", this.local.time(now));
    this.#put("date", vi);
    this.#put("date-en", en);
    this.#put("room", room?.name ?? "");
    this.#put("unit", room?.unit ?? "");
    this.#phone(state.agenda?.operator_phone || this.phone);
    this.#flags(state, link, agendaAt, muted, now);
    this.#conference(state, now);
    this.#list(state, now);
    this.#pairing(state, now);
    this.#trouble(state, now, problem);
  }

  #flags(state, link, agendaAt, muted, now) {
    this.#flag("link", link ? "ok" : "bad");
    const age = agendaAt ? now - agendaAt : Infinity;
    this.#flag("agenda", !state.agenda ? "bad" : age > 24 * 3_600_000 ? "warn" : "ok");
    this.#flag("clock-ok", state.clockOk ? "ok" : "bad");
    this.#show("offline", !link);
    this.#show("muted", muted.audio);
    const shown = find(state, state.conference) ?? upcoming(state, now)[0];
    this.#show("simulated", Boolean(shown?.bridge.simulated));
  }

  #conference(state, now) {
    const shown = find(state, state.conference) ?? upcoming(state, now)[0];
    this.#show("has-next", Boolean(shown));
    this.#show("no-next", !shown);
    if (!shown) return;
    const [starts, ends] = [Date.parse(shown.starts), Date.parse(shown.ends)];
    this.#put("title", shown.title);
    this.#put("host", shown.host);
    this.#put("span", `${this.local.time(starts)} – ${this.local.time(ends)}`);
    this.#put("day", this.local.sameDay(starts, now) ? "" : this.local.date(starts)[0]);
    this.#both("until-start", span(starts - now));
    this.#put("until-join", clockSpan(Date.parse(shown.join_at) - now));
    this.#put("join-time", this.local.time(Date.parse(shown.join_at)));
    const [left, leftEn] = span(ends - now);
    this.#both("until-end", ends > now ? [`Còn ${left}`, `${leftEn} left`] : ["Quá giờ", "overrun"]);
    this.#show("given-back", Boolean(shown.given_back));
    this.#show("has-ending", Boolean(shown.ending));
    if (shown.ending) this.#both("ending", endingText(shown.ending, this.local.time(ends)));
  }

  #list(state, now) {
    const all = (state.agenda?.conferences ?? []).filter((c) => Date.parse(c.leave_at) > now);
    const rows = all.filter((c) => c.key !== (state.conference ?? upcoming(state, now)[0]?.key)).slice(0, ROWS);
    const key = JSON.stringify(rows.map((c) => [c.key, c.starts, c.ends, c.title, c.state])) + this.local.date(now)[0];
    this.#show("has-list", rows.length > 0);
    if (this.drawn.get("list") === key) return;
    this.drawn.set("list", key);
    for (const place of this.places.get("list")) place.replaceChildren(...rows.map((c) => this.#row(c, now)));
  }

  #row(conference, now) {
    const row = document.createElement("li");
    const starts = Date.parse(conference.starts);
    const day = this.local.sameDay(starts, now) ? "" : `${this.local.date(starts)[0].split(",")[0]} `;
    const when = Object.assign(document.createElement("time"), { textContent: day + this.local.time(starts) });
    const what = Object.assign(document.createElement("span"), { textContent: conference.title });
    const gone = conference.state === "cancelled" || conference.state === "postponed";
    if (gone) {
      row.className = "gone";
      what.append(Object.assign(document.createElement("em"), { textContent: conference.state === "cancelled" ? " Đã hủy / cancelled" : " Đã hoãn / postponed" }));
    }
    row.append(when, what);
    return row;
  }

  #pairing(state, now) {
    if (!state.pairing) return;
    this.#put("code", state.pairing.code);
    this.#put("verify", state.pairing.url.replace(/^https?:\/\//, "").replace(/\?.*$/, ""));
    this.#put("code-left", clockSpan(state.pairing.expires - now));
    for (const image of this.places.get("qr") ?? []) {
      image.hidden = !state.pairing.qr;
      if (state.pairing.qr && image.getAttribute("src") !== state.pairing.qr) image.src = state.pairing.qr;
    }
  }

  #trouble(state, now, problem) {
    const code = problem ?? state.error ?? state.notice?.code ?? (state.clockOk ? null : "E_CLOCK");
    this.#show("trouble", Boolean(code));
    this.#both("error", code ? errorText(code) : ["", ""]);
    this.#put("error-code", code ?? "");
    const waits = !problem && state.retryAt > now && wanted(state, now);
    this.#show("retry", Boolean(waits));
    if (waits) this.#both("retry-in", span(state.retryAt - now));
  }

  #phone(number) {
    this.#put("phone", number ?? "");
    this.#show("has-phone", Boolean(number));
  }

  #both(name, [vi, en]) {
    this.#put(name, vi);
    this.#put(`${name}-en`, en);
  }

  #put(name, text) {
    if (this.drawn.get(name) === text) return;
    this.drawn.set(name, text);
    for (const place of this.places.get(name) ?? []) place.textContent = text;
  }

  #show(name, visible) {
    for (const place of this.places.get(name) ?? []) place.hidden = !visible;
  }

  #flag(name, tone) {
    for (const place of this.places.get(name) ?? []) place.dataset.tone = tone;
  }
}
