// A fieldset with data-checks: its buttons [data-check="all|none|<tag>"] tick the boxes (of that data-tag), and
// [data-checked] shows how many are ticked. The buttons are hidden without JavaScript. And a select with
// data-fill="<prefix>": what is chosen there goes into every select of that name that is empty or says data-instead.
export function selectAll(root) {
  const count = (set) => {
    const place = set.querySelector("[data-checked]");
    if (place) place.textContent = set.querySelectorAll('input[type="checkbox"]:checked').length;
  };
  root.querySelectorAll("[data-checks]").forEach(count);
  root.addEventListener("change", (event) => {
    const set = event.target.closest?.("[data-checks]");
    if (set) count(set);
  });
  root.addEventListener("change", ({ target }) => {
    if (!target.dataset?.fill || !target.value) return;
    for (const one of target.form.querySelectorAll(`select[name^="${target.dataset.fill}"]`)) {
      if (!one.value || one.value === target.dataset.instead) one.value = target.value;
    }
  });
  root.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-check]");
    const set = button?.closest("[data-checks]");
    if (!set) return;
    const wanted = button.dataset.check;
    const boxes = [...set.querySelectorAll('input[type="checkbox"]:not(:disabled)')];
    const some = boxes.filter((box) => wanted === "all" || wanted === "none" || box.dataset.tag === wanted);
    for (const box of some) box.checked = wanted !== "none";
    // One event for the whole group: the live check asks the server once.
    (some[0] ?? set).dispatchEvent(new Event("change", { bubbles: true }));
  });
}
