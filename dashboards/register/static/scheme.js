// Light or dark as it was chosen on the dashboards, before anything is drawn.
(function () {
  "use strict";
  const KEY = "mantine-color-scheme-value";
  const root = document.documentElement;
  function isDark() {
    const chosen = localStorage.getItem(KEY);
    return chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  }
  function show() {
    root.dataset.mantineColorScheme = isDark() ? "dark" : "light";
  }
  show();
  document.addEventListener("click", function (event) {
    if (!event.target.closest("#scheme")) return;
    localStorage.setItem(KEY, isDark() ? "light" : "dark");
    show();
  });
})();
