// Searching: the field in the top bar follows what is chosen; forms marked `data-finds` ask a page by its address.
(function () {
  "use strict";
  const visit = (href) => window.dash_clientside.faultloop.visit(href);
  const squeezed = (text) => text.normalize("NFKC").toLowerCase().replace(/[\s-]+/g, "");

  // Suggestions come a moment later than the next key: those that no longer hold what was typed must not be taken by Enter.
  const functions = (window.dashMantineFunctions = window.dashMantineFunctions || {});
  functions.stillFound = function (given) {
    const typed = squeezed(given.search || "");
    return given.options
      .map((group) => Object.assign({}, group, { items: group.items.filter((i) => squeezed(i.label).includes(typed)) }))
      .filter((group) => group.items.length);
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lookup: {
      follow(value) {
        const unchanged = window.dash_clientside.no_update;
        if (!value) return [unchanged, unchanged];
        document.activeElement.blur();
        visit(value);
        return [null, ""];
      },
      // Enter takes the best hit: the first of what has just come, also where Mantine had marked one of those before.
      markFirst() {
        setTimeout(function () {
          const field = document.getElementById("lookup");
          const list = document.getElementById(field.getAttribute("aria-controls"));
          const first = list && list.querySelector("[role=option]");
          const isMarked = () => first.hasAttribute("data-combobox-selected");
          const press = (code) => field.dispatchEvent(new KeyboardEvent("keydown", { code: code, bubbles: true }));
          if (!first || document.activeElement !== field || isMarked()) return;
          press("ArrowDown");
          if (!isMarked()) press("ArrowUp");
        }, 50);
        return window.dash_clientside.no_update;
      },
    },
  });

  // A scanner types faster than suggestions come and ends with Enter: then the page of results answers.
  document.addEventListener("submit", function (event) {
    const name = event.target.dataset.finds;
    if (!name) return;
    event.preventDefault();
    const field = event.target.querySelector("input:not([type=hidden])");
    const text = field.value.trim();
    const path = new URL(event.target.action, location.origin).pathname;
    const address = path === location.pathname ? new URLSearchParams(location.search) : new URLSearchParams();
    address.delete("entity");
    if (text) address.set(name, text);
    else address.delete(name);
    field.blur();
    visit(path + "?" + address.toString());
  });
})();
