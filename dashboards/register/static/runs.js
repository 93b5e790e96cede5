// While something runs its page looks again by itself; without a script there is a link for that.
(function () {
  "use strict";
  const every = 3000;
  async function look() {
    const live = document.getElementById("live");
    if (!live || !("live" in live.dataset)) return;
    // Nobody's button is pulled away from under them.
    if (!document.hidden && !live.contains(document.activeElement)) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("live");
        if (answer.ok && fresh) {
          if (!("live" in fresh.dataset)) return location.reload();
          const log = live.querySelector(".run-log");
          const top = log ? log.scrollTop : 0;
          live.replaceWith(fresh);
          const renewed = fresh.querySelector(".run-log");
          if (renewed) renewed.scrollTop = top;
        }
      } catch (error) {
        // The server is away for a moment: look again later.
      }
    }
    setTimeout(look, every);
  }
  setTimeout(look, every);
})();
