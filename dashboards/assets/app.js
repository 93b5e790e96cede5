// What the browser does by itself. Addresses are followed without a reload, as dcc.Link does it.
(function () {
  "use strict";
  const UNSAID = "∅";
  // Whether the reader's hand was on the filters since the address last changed.
  let touched = false;
  ["pointerdown", "keydown", "input"].forEach(function (kind) {
    const inside = "#rail, [role=listbox], .mantine-Combobox-dropdown, [data-dates-dropdown]";
    document.addEventListener(kind, (event) => (touched = touched || Boolean(event.target.closest(inside))), true);
  });

  function visit(href) {
    // Only addresses of this application: a record's text must never become a `javascript:` link.
    if (typeof href !== "string" || !href.startsWith("/") || href.startsWith("//")) return;
    if (href === location.pathname + location.search) return;
    // Reports are the server's pages, wherever a link to one comes from (a search, a saved view, a mark).
    if (/^\/reports\b/.test(href)) return location.assign(href);
    history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  function same(a, b) {
    return JSON.stringify(a || "") === JSON.stringify(b || "");
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    faultloop: {
      visit: visit,
      // Where the page was opened; from then on `follow` tells.
      where: () => ({ path: location.pathname, search: location.search }),
      followMark(click) {
        const point = click && click.points && click.points[0];
        if (point) visit(point.customdata);
        return window.dash_clientside.no_update;
      },
      followRow(cell) {
        if (cell && cell.rowId && !["ticket_id", "asset_id"].includes(cell.colId)) visit("/record?ticket=" + encodeURIComponent(cell.rowId));
        return window.dash_clientside.no_update;
      },
      retitle(title) {
        if (title) document.title = title;
        return window.dash_clientside.no_update;
      },
      // Write what was changed by hand into the address; what the server just filled in is no change.
      narrow(values, ids, synced) {
        const unchanged = window.dash_clientside.no_update;
        // Controls also change because an address was opened and they are filled in; that is no choice of the reader's.
        if (!touched || !synced || synced.search !== location.search) return unchanged;
        const address = new URLSearchParams(location.search);
        let changed = false;
        ids.forEach(function (id, i) {
          const name = id.filter;
          const value = values[i];
          const before = synced[name];
          if (Array.isArray(before) ? same(value || [], before) : same(value, before)) return;
          changed = true;
          address.delete(name);
          if (Array.isArray(value)) value.forEach((v) => address.append(name, v === UNSAID ? "" : v));
          else if (value) address.set(name, value);
        });
        if (changed) visit(location.pathname + "?" + address.toString());
        return unchanged;
      },
    },
  });

  const grid = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  function linked(path, nothing) {
    return function (props) {
      if (!props.value) return nothing;
      const href = path + encodeURIComponent(props.value);
      const follow = function (event) {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        visit(href);
      };
      return React.createElement("a", { href: href, onClick: follow }, props.value);
    };
  }
  grid.TicketLink = linked("/record?ticket=", "…");
  grid.AssetLink = linked("/asset?look=", "");

  // A server that does not answer would leave skeletons for ever: say so, until another address is asked for.
  const ask = window.fetch;
  function reached(yes) {
    const words = document.getElementById("unreachable");
    if (words) words.hidden = yes;
  }
  window.fetch = function (...asked) {
    return ask.apply(window, asked).then(
      function (answer) {
        if (answer.status >= 500) reached(false);
        // The visit has ended: in again by the door, and back to here.
        if (answer.status === 401)
          location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
        return answer;
      },
      function (error) {
        if (error.name !== "AbortError") reached(false);
        throw error;
      }
    );
  };

  // A date field says what was chosen when it is left, and a click in its calendar keeps it.
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-dates-dropdown] .mantine-DateInput-day"))
      setTimeout(() => document.activeElement && document.activeElement.blur());
  });

  // Lists that fold out of a word fold again on a choice, on a click elsewhere and on Escape.
  function fold(except) {
    document.querySelectorAll("details.folding[open], details.picker[open]").forEach(function (list) {
      if (list !== except) list.open = false;
    });
  }
  document.addEventListener("click", function (event) {
    // What was clicked may be gone by now; the way of the event still tells where it was.
    const way = event.composedPath().filter((node) => node.matches);
    fold(way.some((node) => node.matches(".option")) ? null : way.find((node) => node.matches("details")));
  });
  document.addEventListener("keydown", function (event) {
    const list = event.key === "Escape" && event.target.closest("details.folding[open], details.picker[open]");
    if (!list) return;
    list.open = false;
    list.querySelector("summary").focus();
  });

  // Paper is narrower than the screen and does not scroll: charts are drawn anew for it and wide tables made smaller, until
  // it is printed.
  function fit(isPaper) {
    document.documentElement.classList.toggle("printing", isPaper);
    document.querySelectorAll(".scroll").forEach(function (box) {
      const table = box.firstElementChild;
      table.style.zoom = "";
      if (isPaper) table.style.zoom = Math.min(1, box.clientWidth / table.scrollWidth);
    });
    document.querySelectorAll(".js-plotly-plot").forEach((plot) => window.Plotly.relayout(plot, { autosize: true }));
  }
  window.addEventListener("beforeprint", () => fit(true));
  window.addEventListener("afterprint", () => fit(false));

  // On a window of another width Plotly leaves a legend that now needs fewer rows where it stood, upon the marks.
  let settling;
  window.addEventListener("resize", function () {
    clearTimeout(settling);
    settling = setTimeout(function () {
      document.querySelectorAll(".js-plotly-plot").forEach(function (plot) {
        const legend = plot.querySelector(".legend");
        if (!legend || !plot._fullLayout || plot._fullLayout.legend.y < 1) return;
        const top = plot.getBoundingClientRect().top + plot._fullLayout._size.t;
        if (legend.getBoundingClientRect().bottom > top + 1) window.Plotly.redraw(plot);
      });
    }, 400);
  });

  document.addEventListener("click", function (event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.id === "print") window.print();
    if (button.id === "menu") button.setAttribute("aria-expanded", document.body.classList.toggle("menu-open"));
    if (button.id === "fold") button.setAttribute("aria-expanded", document.body.classList.toggle("filters-open"));
    if (button.id === "copy") {
      const words = button.textContent;
      navigator.clipboard.writeText(location.origin + button.dataset.link).then(function () {
        button.textContent = button.dataset.done;
        setTimeout(() => (button.textContent = words), 1500);
      });
    }
  });
  // The address is the only state: whatever changes it (a link, a filter, back) is told to the application, never the reverse.
  function follow() {
    touched = false;
    reached(true);
    document.body.classList.remove("menu-open");
    window.dash_clientside.set_props("asked", { data: { path: location.pathname, search: location.search } });
  }
  window.addEventListener("_dashprivate_pushstate", follow);
  window.addEventListener("popstate", follow);
})();
