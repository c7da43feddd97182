// The staff pages work without this script; it makes them quicker. Everything here is attached by attributes
// (data-…, hx-…) so that parts brought in later by htmx behave the same: one listener each on the document.
import "htmx.org/dist/htmx.esm.js";
import { bookingHelp, restWhileHidden, showAnswer } from "./booking.js";
import { confirmActs } from "./confirm.js";
import { fieldHelp, nameFields } from "./fields.js";
import { gridKeys } from "./grid.js";
import { menus } from "./menus.js";
import { moveByHand } from "./move.js";
import { relativeTimes } from "./relative.js";
import { selectAll } from "./selectall.js";
import { keepTyped } from "./typed.js";

document.documentElement.classList.add("js");
document.addEventListener("htmx:config:request", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  const { request } = event.detail.ctx;
  if (token && request.method !== "GET") request.headers["X-CSRF-Token"] = token;
});
// A lost line must not look like a saved form: say it where screen readers hear it, too.
document.addEventListener("htmx:error", () => say(document.body.dataset.offline));
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const { status } = ctx.response;
  say(status === 401 ? document.body.dataset.signedOut : status >= 400 ? document.body.dataset.offline : "");
});

// After a refused form the list of what to correct is what comes next, by eye and by ear.
const showErrors = () => { nameFields(document); document.querySelector("[data-errors]")?.focus(); };
document.addEventListener("htmx:after:swap", (event) => {
  if (event.target.querySelector?.("[data-errors]")) showErrors();
});
showErrors();
showAnswer(document);

function say(text) {
  const place = document.getElementById("live");
  if (!place) return;
  place.textContent = text ?? "";
  place.hidden = !text;
}

bookingHelp(document);
restWhileHidden(document);
confirmActs(document);
fieldHelp(document);
gridKeys(document);
menus(document);
moveByHand(document);
selectAll(document);
relativeTimes(document);
keepTyped(document);
