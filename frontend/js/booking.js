// The booking form: a filter over the list of sites, and the form of holding it that a kind of meeting proposes.
// And pages that ask again by themselves: they rest while nobody looks at them.

/** "Hiệp Hòa" -> "hiep hoa": as the server folds names. */
export function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("đ", "d").trim();
}

/** The host's own room becomes the main site; an office without a room leaves it as it was. */
function mainSiteOf(select, host) {
  const own = [...select.options].find((option) => option.textContent.trim().startsWith(`${host.trim()} – `));
  if (own) select.value = own.value;
}

export function bookingHelp(root) {
  root.addEventListener("input", (event) => {
    const list = root.getElementById(event.target.dataset?.filter ?? "");
    if (!list) return;
    const wanted = fold(event.target.value);
    for (const label of list.querySelectorAll(".checks label")) {
      label.hidden = !fold(label.textContent).includes(wanted) && !label.querySelector(":checked");
    }
  });
  root.addEventListener("change", (event) => {
    const chosen = event.target;
    const box = chosen.closest?.("form")?.querySelector("[data-default-form]");
    if (!box) return;
    if (box.contains(chosen)) box.dataset.touched = "";
    if (chosen.name !== box.dataset.defaultForm || box.dataset.touched !== undefined) return;
    const asks = box.dataset.ask.split(" ").includes(chosen.value);
    for (const radio of box.querySelectorAll("input[type=radio]")) radio.checked = !asks && radio.value === "online";
  }, { capture: true });
  root.addEventListener("change", ({ target }) => {
    if (target.name !== "host" || !target.form?.elements.main) return;
    mainSiteOf(target.form.elements.main, target.selectedOptions[0].textContent);
  }, { capture: true });
  for (const box of root.querySelectorAll("[data-default-form]")) {
    if (box.querySelector(":checked")) box.dataset.touched = "";
  }
  root.addEventListener("htmx:after:swap", ({ target }) => {
    const button = target.id === "answer" && target.closest("form").querySelector(".actions [data-ask]");
    if (button) button.textContent = target.querySelector("[data-needs]") ? button.dataset.ask : button.dataset.book;
  });
}

/** A way out was chosen: the page came anew, and the answer to it is what comes next, not the first field. */
export function showAnswer(root) {
  const head = location.pathname.endsWith("/check") && !root.querySelector("[data-errors]") && root.getElementById("answer-head");
  if (!head) return;
  head.tabIndex = -1;
  head.focus();
}

export function restWhileHidden(root) {
  root.addEventListener("htmx:config:request", (event) => {
    if (root.hidden && event.detail.ctx.sourceElement?.getAttribute("hx-trigger")?.startsWith("every")) event.preventDefault();
  });
}
