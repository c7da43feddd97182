// Small help while typing. Dates are dd/MM/yyyy and times 24 h, whatever language the browser speaks.
import { fold } from "./booking.js";

/** "5/1/26", "5.1.2026", "05012026" -> "05/01/2026"; "5/1" takes the year of `today`. Unclear input comes back as it is. */
export function tidyDate(text, today) {
  const typed = text.trim();
  const parts = /^\d{6}$|^\d{8}$/.test(typed)
    ? [typed.slice(0, 2), typed.slice(2, 4), typed.slice(4)]
    : typed.split(/[/.\-\s]+/);
  if (parts.length === 2) parts.push(String(today.getFullYear()));
  if (parts.length !== 3 || parts.some((part) => !/^\d+$/.test(part))) return text;
  const [day, month, short] = parts.map(Number);
  const year = short < 100 ? 2000 + short : short;
  const real = new Date(year, month - 1, day);
  if (real.getFullYear() !== year || real.getMonth() !== month - 1 || real.getDate() !== day) return text;
  return `${String(day).padStart(2, "0")}/${String(month).padStart(2, "0")}/${year}`;
}

/** "8", "8h30", "0830", "8.30", "14:5" -> "08:00", "08:30", "08:30", "08:30", "14:05". */
export function tidyTime(text) {
  const match = /^(\d{1,2})(?:\s*[:hg.,]\s*(\d{0,2})|(\d{2}))?$/i.exec(text.trim());
  if (!match) return text;
  const hours = Number(match[1]);
  const minutes = Number(match[2] || match[3] || 0);
  if (hours > 23 || minutes > 59) return text;
  return `${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
}

export function fieldHelp(root) {
  // Capture: the tidy value must be there before htmx reads the form for its live check.
  root.addEventListener(
    "change",
    (event) => {
      const field = event.target;
      if (field.dataset?.tidy === "date") field.value = tidyDate(field.value, new Date());
      if (field.dataset?.tidy === "time") field.value = tidyTime(field.value);
      if (field.dataset?.submit !== undefined) field.form.requestSubmit();
    },
    { capture: true },
  );
  root.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-print], [data-copy]");
    if (!button) return;
    if (button.dataset.print !== undefined) window.print();
    else navigator.clipboard?.writeText(button.dataset.copy).then(() => { button.textContent = button.dataset.done; });
  });
}

/** "At least 3 characters." in the list of what to correct says which field it means, unless it does already. */
export function nameFields(root) {
  for (const link of root.querySelectorAll('[data-errors] a[href^="#f-"]')) {
    const field = root.getElementById(link.hash.slice(1));
    const label = field?.type === "checkbox" ? null : field?.labels?.[0] ?? field?.querySelector("legend");
    const name = label?.firstChild?.textContent.trim();
    if (name && !fold(link.textContent).includes(fold(name))) link.prepend(`${name}: `);
  }
}
