// Charts by keyboard: arrows go from mark to mark, each with what it says, and Enter follows it as a click would.
(function () {
  "use strict";
  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

  function marks(plot) {
    return plot.data.flatMap(function (trace, curve) {
      const addresses = Array.isArray(trace.customdata) ? trace.customdata : [];
      return addresses.map((href, point) => ({ href: href, curveNumber: curve, pointNumber: point }));
    }).filter((mark) => typeof mark.href === "string" && mark.href);
  }

  document.addEventListener("keydown", function (event) {
    const place = event.target.matches(".marks") && event.target;
    const plot = place && place.querySelector(".js-plotly-plot");
    if (!plot || !(event.key in STEPS || event.key === "Enter")) return;
    const all = marks(plot);
    if (!all.length) return;
    event.preventDefault();
    // A chart that was drawn anew begins before its first mark.
    const at = place.dataset.of === String(plot._fullLayout._uid) ? Number(place.dataset.at) : -1;
    if (event.key === "Enter") {
      if (at >= 0) window.dash_clientside.faultloop.visit(all[at].href);
      return;
    }
    const next = (Math.max(at, STEPS[event.key] > 0 ? -1 : 0) + STEPS[event.key] + all.length) % all.length;
    place.dataset.at = next;
    place.dataset.of = plot._fullLayout._uid;
    window.Plotly.Fx.hover(plot, [{ curveNumber: all[next].curveNumber, pointNumber: all[next].pointNumber }]);
    // Plotly shows what a mark says at most every 50 ms, and tells nobody.
    setTimeout(function () {
      const words = Array.from(plot.querySelectorAll(".hoverlayer text"), (line) => line.textContent).join(" ");
      place.querySelector("[aria-live]").textContent = words;
    }, 80);
  });

  document.addEventListener("focusout", function (event) {
    const plot = event.target.matches(".marks") && event.target.querySelector(".js-plotly-plot");
    if (!plot) return;
    delete event.target.dataset.at;
    delete event.target.dataset.of;
    // A click may just have led to another page.
    if (plot._fullLayout) window.Plotly.Fx.unhover(plot);
  });
})();
