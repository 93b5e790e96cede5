// The entry form: keeps itself while one types, finds units, shows what sounds alike, adds rows.
(function () {
  "use strict";
  const form = document.getElementById("entry");
  const said = document.getElementById("kept");
  const summary = document.getElementById("summary");
  if (summary) summary.focus();

  // Keep what is written, a moment after the last key; one at a time, so that each knows the version of the one before.
  let timer = 0, running = null, isDirty = false;
  function keep() {
    clearTimeout(timer);
    if (!isDirty) return running || Promise.resolve();
    if (running) return running.then(keep);
    isDirty = false;
    running = fetch(form.dataset.autosave, { method: "POST", body: new FormData(form) })
      .then(async function (answer) {
        if (answer.ok) {
          const kept = await answer.json();
          form.elements.version.value = kept.version;
          said.textContent = said.dataset.kept.replace("{at}", kept.at);
          said.classList.remove("overdue");
        } else if (answer.status === 401) {
          location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
        } else {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const why = page.querySelector("[role=alert] p");
          tell(why ? why.textContent : answer.status);
        }
      })
      .catch(function () {
        isDirty = true;
        tell(said.dataset.away);
      })
      .finally(() => (running = null));
    return running;
  }
  function tell(why) {
    said.textContent = said.dataset.not.replace("{why}", why);
    said.classList.add("overdue");
  }
  form.addEventListener("input", function () {
    isDirty = true;
    clearTimeout(timer);
    timer = setTimeout(keep, 1200);
  });
  // What is being kept must not overtake what is sent.
  form.addEventListener("submit", function (event) {
    clearTimeout(timer);
    // The form takes all of it along.
    isDirty = false;
    if (!running) return;
    event.preventDefault();
    delete form.dataset.sent;
    running.then(() => form.requestSubmit(event.submitter));
  }, true);
  document.addEventListener("visibilitychange", () => document.hidden && keep());

  // Units that begin with what is typed.
  const serial = document.getElementById("f-serial_no"), list = document.getElementById("units");
  function choose(value) {
    serial.value = value;
    list.hidden = true;
    serial.dispatchEvent(new Event("input", { bubbles: true }));
    serial.focus();
  }
  let asking = 0;
  if (serial) serial.addEventListener("input", function (event) {
    clearTimeout(asking);
    if (!event.isTrusted || serial.value.trim().length < 2) return;
    asking = setTimeout(async function () {
      const answer = await fetch("/reports/units.json?text=" + encodeURIComponent(serial.value));
      if (!answer.ok) return;
      const units = await answer.json();
      list.replaceChildren(...units.map(function (unit) {
        const button = Object.assign(document.createElement("button"), { type: "button" });
        const number = Object.assign(document.createElement("strong"), { textContent: unit.value });
        button.append(number, " ", Object.assign(document.createElement("span"), { className: "quiet", textContent: unit.words }));
        button.addEventListener("click", () => choose(unit.value));
        const item = document.createElement("li");
        item.append(button);
        return item;
      }));
      list.hidden = !units.length || (units.length === 1 && units[0].value === serial.value);
    }, 250);
  });

  // A label is read by the camera where the browser can; a label of ours holds the address of a new report.
  const scan = document.getElementById("scan"), camera = document.getElementById("camera");
  if (scan && "BarcodeDetector" in window) {
    scan.hidden = false;
    scan.addEventListener("click", async function () {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      const detector = new window.BarcodeDetector();
      camera.srcObject = stream;
      camera.hidden = false;
      await camera.play();
      const look = async function () {
        const [code] = await detector.detect(camera);
        if (!code) return camera.hidden || requestAnimationFrame(look);
        stream.getTracks().forEach((track) => track.stop());
        camera.hidden = true;
        const address = URL.canParse(code.rawValue) ? new URL(code.rawValue) : null;
        choose((address && (address.searchParams.get("serial") || address.searchParams.get("asset"))) || code.rawValue);
      };
      look();
    });
  }

  // Reports that sound alike.
  const similar = document.getElementById("similar"), symptom = document.getElementById("f-symptom");
  let looking = 0;
  if (similar && symptom) symptom.addEventListener("input", function () {
    clearTimeout(looking);
    looking = setTimeout(async function () {
      const asked = new URLSearchParams({ text: symptom.value, report: similar.dataset.report });
      const answer = await fetch(similar.dataset.from + "?" + asked);
      if (answer.ok) similar.innerHTML = await answer.text();
    }, 400);
  });
  document.addEventListener("click", async function (event) {
    const button = event.target.closest("[data-same]");
    if (!button) return;
    const sent = new FormData();
    sent.set("csrf_token", form.elements.csrf_token.value);
    sent.set("other", button.dataset.other);
    const answer = await fetch(button.dataset.same, { method: "POST", body: sent });
    if (answer.ok) button.replaceWith(Object.assign(document.createElement("span"), { className: "quiet", textContent: button.dataset.done }));
  });
})();
