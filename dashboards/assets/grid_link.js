// Grids whose rows are addresses of this application: a cell that is a link (`RowLink`, to the row's `href`), a click
// anywhere in the row that follows it, and numbers with a dash where there is none.
(function () {
  "use strict";
  function visit(href) {
    if (typeof href !== "string" || !href.startsWith("/") || href.startsWith("//")) return;
    if (href === location.pathname + location.search) return;
    history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    const there = document.getElementById("looked-at");
    if (there) there.scrollIntoView({ block: "start" });
  }

  const renderers = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  renderers.RowLink = function (props) {
    const href = props.data && props.data.href;
    if (typeof href !== "string" || !href.startsWith("/") || href.startsWith("//")) return props.value;
    return React.createElement("a", { href: href, className: "row-link" }, props.value);
  };

  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  functions.shown = function (value, decimals) {
    if (value === null || value === undefined) return "—";
    return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  };
  functions.percent = function (value, sign, isChance) {
    if (value === null || value === undefined) return "—";
    if (isChance && value < 0.0005) return "< 0.1" + sign;
    return (100 * value).toFixed(1) + sign;
  };

  document.addEventListener("click", function (event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    const row = event.target.closest(".row-links .ag-row");
    if (!row) return;
    const root = row.closest(".row-links");
    const anchor = root.querySelector('[row-index="' + row.getAttribute("row-index") + '"] a.row-link');
    if (!anchor) return;
    event.preventDefault();
    visit(anchor.getAttribute("href"));
  });
})();
