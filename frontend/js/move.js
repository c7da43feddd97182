// A meeting of one's own is given another time on the timeline, by dragging or by keys. Nothing is saved here: it ends in
// the form that changes it, with the new time filled in. Touch scrolls the table; there the link under it is the way.
const NEAR = 6; // pixels: less is a click

/** Minutes since 1970 of "2026-12-02T08:00", as if it were UTC: only differences count. */
export const minutesOf = (text) => Date.parse(`${text}Z`) / 60_000;

/** Where it may go: from its place by whole steps, within the table. All in minutes. */
export function target({ at, long, unit, first, last }, steps) {
  const least = Math.ceil((first - at) / unit);
  const most = Math.max(least, Math.floor((last - at - long) / unit));
  return at + Math.min(Math.max(steps, Math.min(least, 0)), Math.max(most, 0)) * unit;
}

/** { day: "2026-12-02", start: "08:15" } */
export function dayAndTime(minutes) {
  const [day, rest] = new Date(minutes * 60_000).toISOString().split("T");
  return { day, start: rest.slice(0, 5) };
}

export function moveByHand(root) {
  let held = null; // { link, scale, steps, keys, x }
  let dropped = false;

  const put = (steps) => {
    const { link, scale } = held;
    const to = target(scale, steps);
    held.steps = (to - scale.at) / scale.unit;
    link.style.transform = `translateX(${held.steps * scale.width}px)`;
    const { day, start } = dayAndTime(to);
    const end = dayAndTime(to + scale.long).start;
    say(`${scale.place.dataset.drop} ${day.split("-").reverse().slice(0, 2).join("/")} ${start}–${end}`);
  };
  const take = (link, more) => {
    held = { link, scale: scaleOf(link), steps: 0, ...more };
    link.classList.add("moving");
  };
  const leave = () => {
    if (!held) return;
    held.link.classList.remove("moving");
    held.link.style.transform = "";
    held = null;
    say("");
  };
  const drop = () => {
    const { link, scale, steps } = held;
    const url = new URL(steps ? link.dataset.move : link.href, location.href);
    if (steps) {
      const { day, start } = dayAndTime(scale.at + steps * scale.unit);
      url.searchParams.set("day", day);
      url.searchParams.set("start", start);
    }
    leave();
    location.assign(url);
  };
  const say = (text) => { root.querySelector("[data-move-say]").textContent = text; };

  root.addEventListener("pointerdown", (event) => {
    dropped = false;
    const link = event.target.closest?.("[data-move]");
    if (!link || event.button || event.pointerType === "touch") return;
    leave();
    take(link, { x: event.clientX });
  });
  root.addEventListener("pointermove", (event) => {
    if (!held || held.keys) return;
    if (!held.drawn && Math.abs(event.clientX - held.x) < NEAR) return;
    held.drawn = true;
    held.link.setPointerCapture(event.pointerId);
    put(Math.round((event.clientX - held.x) / held.scale.width));
  });
  root.addEventListener("pointerup", () => {
    if (!held || held.keys) return;
    dropped = Boolean(held.drawn);
    if (held.drawn && held.steps) drop();
    else leave();
  });
  root.addEventListener("pointercancel", leave);
  root.addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-move]")) event.preventDefault(); });
  // The click that ends a drag is none.
  root.addEventListener("click", (event) => {
    if (dropped && event.target.closest?.("[data-move]")) event.preventDefault();
    dropped = false;
  }, { capture: true });

  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && held) {
      event.preventDefault();
      dropped = !held.keys;
      leave();
      return;
    }
    const link = event.target.closest?.("[data-move]");
    if (!link) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Enter" && !event.repeat) {
      if (held?.keys) drop();
      else {
        take(link, { keys: true });
        say(held.scale.place.dataset.taken);
      }
    } else if (by && held?.keys) put(held.steps + by);
    else if (!(held?.keys && event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
  root.addEventListener("focusout", () => { if (held?.keys) leave(); });
}

function scaleOf(link) {
  const { unit, columns, first, last } = link.closest("[data-unit]").dataset;
  const head = link.closest("tr").cells[0].getBoundingClientRect();
  const table = link.closest("table").getBoundingClientRect();
  const place = link.ownerDocument.querySelector("[data-move-say]");
  return {
    at: minutesOf(link.dataset.at), long: +link.dataset.long, unit: +unit, first: minutesOf(first), last: minutesOf(last),
    width: (table.width - head.width) / columns, place,
  };
}
