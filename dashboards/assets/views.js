// Views that a reader saved: addresses under a name, kept in this browser alone.
(function () {
  "use strict";
  const KEY = "faultloop.views";
  const MOST = 100, LONGEST = 80;

  function read() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) || "[]");
      const isView = (v) => v && typeof v.name === "string" && /^\/(?!\/)/.test(v.href);
      return Array.isArray(kept) ? kept.filter(isView).slice(0, MOST) : [];
    } catch {
      return [];
    }
  }

  function write(views) {
    views.sort((a, b) => a.name.localeCompare(b.name, document.documentElement.lang));
    localStorage.setItem(KEY, JSON.stringify(views.slice(0, MOST)));
  }

  function element(name, attributes, ...parts) {
    const made = Object.assign(document.createElement(name), attributes);
    made.append(...parts);
    return made;
  }

  function words(place, name, view) {
    return place.dataset[name].replace("{name}", view.name);
  }

  // A field and, if it has words, a button; `done` is told a name that is not empty.
  function field(label, value, done, button) {
    const input = element("input", { type: "text", value: value, maxLength: LONGEST, placeholder: label });
    input.setAttribute("aria-label", label);
    const form = element("form", { className: "view" }, input);
    if (button) form.append(element("button", { type: "submit", className: "tool", textContent: button }));
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (input.value.trim()) done(input.value.trim());
    });
    return form;
  }

  function named(place, view) {
    const link = element("a", { href: view.href, className: "option", textContent: view.name });
    link.addEventListener("click", function (event) {
      // On the register's pages a link is just followed.
      if (!window.dash_clientside || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      window.dash_clientside.faultloop.visit(view.href);
    });
    const row = element("div", { className: "view" }, link);
    const others = () => read().filter((v) => v.name !== view.name);
    const act = function (sign, label, what) {
      const button = element("button", { type: "button", className: "tool", textContent: sign, title: label });
      button.setAttribute("aria-label", label);
      button.addEventListener("click", what);
      row.append(button);
    };
    act("✎", words(place, "rename", view), function () {
      const form = field(words(place, "rename", view), view.name, function (name) {
        write(others().filter((v) => v.name !== name).concat({ name: name, href: view.href }));
        show(place);
      }, "✓");
      row.replaceWith(form);
      form.firstChild.select();
    });
    act("×", words(place, "remove", view), function () {
      write(others());
      show(place);
    });
    return row;
  }

  function show(place) {
    const save = field(place.dataset.name, "", function (name) {
      write(read().filter((v) => v.name !== name).concat({ name: name, href: place.dataset.here }));
      show(place);
    }, place.dataset.save);
    const views = read();
    const empty = element("p", { className: "quiet", textContent: place.dataset.empty });
    place.replaceChildren(save, ...(views.length ? views.map((view) => named(place, view)) : [empty]));
    save.firstChild.focus();
  }

  // `toggle` does not bubble, and the list is made anew whenever the address changes.
  document.addEventListener("toggle", function (event) {
    const place = event.target.matches(".saved[open]") && event.target.querySelector("#views");
    if (place) show(place);
  }, true);
})();
