// What is typed into the booking form is kept by the service after a pause, as the person's own. While the service
// cannot be reached or the session is lost it is kept in this tab alone and offered again to the same person.
const KEPT = "typed";
const LEFT_OUT = new Set(["csrf", "find"]);
const PAUSE = 1500;

export function keepTyped(root) {
  const who = root.querySelector(".menu summary")?.textContent;
  const form = root.querySelector("form.booking[data-unsent]");
  const offer = root.getElementById("kept");
  if (root.querySelector(".flash.ok")) sessionStorage.removeItem(KEPT);
  if (!who || !form || !offer) return;
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  offer.hidden = kept?.who !== who || Boolean(root.querySelector("[data-errors]")) || location.pathname !== "/book";
  const older = root.getElementById("unsent");
  if (older && !offer.hidden) older.hidden = true;
  offer.addEventListener("click", ({ target }) => {
    if (!target.closest("button")) return;
    if (target.closest("[data-restore]")) restore(form, kept.fields);
    else sessionStorage.removeItem(KEPT);
    offer.hidden = true;
  });
  keepBy(form, who, () => {
    offer.hidden = true;
    if (older) older.hidden = true;
  });
}

function keepBy(form, who, typing) {
  const said = form.querySelector("[data-kept]");
  let timer = 0;
  let leaving = new AbortController();
  const keep = async (keepalive = false) => {
    clearTimeout(timer);
    timer = 0;
    const fields = typed(form);
    const kept = JSON.stringify({ who, fields });
    sessionStorage.setItem(KEPT, kept);
    const headers = { "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]')?.content ?? "" };
    const request = { method: "POST", body: new URLSearchParams(fields), headers, keepalive, signal: leaving.signal };
    // No answer (line down, session lost, page left): the tab goes on keeping it.
    const answer = await fetch(form.dataset.unsent, request).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    if (sessionStorage.getItem(KEPT) === kept) sessionStorage.removeItem(KEPT);
    said.textContent = await answer.text();
  };
  const later = ({ target }) => {
    if (LEFT_OUT.has(target.name)) return;
    typing();
    sessionStorage.setItem(KEPT, JSON.stringify({ who, fields: typed(form) }));
    clearTimeout(timer);
    timer = setTimeout(() => keep(), PAUSE);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  // Once it is sent nothing that was still on its way may bring it back.
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    timer = 0;
    leaving.abort();
    leaving = new AbortController();
  });
  addEventListener("pagehide", () => timer && keep(true));
}

function typed(form) {
  return [...new FormData(form)].filter(([name, value]) => !LEFT_OUT.has(name) && typeof value === "string");
}

function restore(form, fields) {
  const chosen = (box) => fields.some(([name, value]) => name === box.name && value === box.value);
  for (const box of form.querySelectorAll("input[type=checkbox], input[type=radio]")) box.checked = chosen(box);
  for (const [name, value] of fields) {
    const field = form.elements[name];
    if (field instanceof Element && !/^(checkbox|radio|hidden)$/.test(field.type)) field.value = value;
  }
  // Where the ticked boxes are counted; the live answer hears it, too.
  form.querySelector("[data-checks]").dispatchEvent(new Event("change", { bubbles: true }));
  form.elements.title.focus();
}
