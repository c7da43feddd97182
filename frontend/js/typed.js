// What was typed into the booking form outlives a lost session, a closed line or a wrong click: it is kept in this tab
// alone, offered again to the same person, and forgotten once the service says that it is saved.
const KEPT = "typed";
const LEFT_OUT = new Set(["csrf", "find"]);

export function keepTyped(root) {
  const who = root.querySelector(".menu summary")?.textContent;
  const form = root.querySelector("form.booking");
  const offer = root.getElementById("kept");
  if (root.querySelector(".flash.ok")) sessionStorage.removeItem(KEPT);
  if (!who || !form || !offer) return;
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  const keep = () => {
    const fields = [...new FormData(form)].filter(([name, value]) => !LEFT_OUT.has(name) && typeof value === "string");
    sessionStorage.setItem(KEPT, JSON.stringify({ who, fields }));
    offer.hidden = true;
  };
  offer.hidden = kept?.who !== who || Boolean(root.querySelector("[data-errors]"));
  offer.addEventListener("click", ({ target }) => {
    if (!target.closest("button")) return;
    if (target.closest("[data-restore]")) restore(form, kept.fields);
    else sessionStorage.removeItem(KEPT);
    offer.hidden = true;
  });
  form.addEventListener("change", keep);
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
