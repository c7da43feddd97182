// data-confirm="what will happen to whom" on a form or a submit button: asked in the page's dialog before it is sent.
// The dialog (#confirm) stands in base.html. Without this script the server shows its own preview page.
export function confirmActs(root) {
  let agreed = null;
  root.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const text = event.submitter?.dataset.confirm ?? form.dataset.confirm;
      const dialog = root.getElementById("confirm");
      if (!text || !dialog?.showModal || agreed === form) {
        agreed = null;
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      const { submitter } = event;
      dialog.querySelector("[data-text]").textContent = text;
      dialog.querySelector("[data-agree]").textContent = submitter?.textContent.trim() || form.dataset.agree;
      dialog.returnValue = "";
      dialog.onclose = () => {
        submitter?.focus();
        if (dialog.returnValue !== "yes") return;
        agreed = form;
        form.requestSubmit(submitter ?? undefined);
      };
      dialog.showModal();
    },
    { capture: true },
  );
}
