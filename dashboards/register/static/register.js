// What the register's pages do beside being sent: everything works without it, but for saving while one types.
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    const button = event.target.closest("button");
    if (button && "print" in button.dataset) window.print();
    if (button && button.id === "menu") button.setAttribute("aria-expanded", document.body.classList.toggle("menu-open"));
  });
  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.method !== "post" || form.dataset.sent) {
      if (form.dataset.sent) event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 8000);
  });
  // Whoever comes back by "back" finds a form that can be sent.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
  // Another row of parts.
  document.addEventListener("click", function (event) {
    const another = event.target.closest("[data-another]");
    if (!another) return;
    const rows = another.parentElement.querySelectorAll(".part-row");
    const row = rows[rows.length - 1].cloneNode(true);
    row.querySelectorAll("input").forEach((input) => (input.value = ""));
    rows[rows.length - 1].after(row);
    row.querySelector("input").focus();
  });
  // Filters apply as they are chosen.
  document.addEventListener("change", function (event) {
    const form = event.target.closest("form[data-at-once]");
    if (form) form.requestSubmit();
  });
})();
