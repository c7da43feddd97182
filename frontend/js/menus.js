// <details class="menu">: one open at a time, closed by Escape and by a click elsewhere. And on a narrow screen the page
// that is open is brought into sight in the main menu.
export function menus(root) {
  const here = root.querySelector(".nav [aria-current]");
  const bar = here?.closest("ul");
  if (bar) bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
  const open = () => [...root.querySelectorAll("details.menu[open]")];
  root.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
