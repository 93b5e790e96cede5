// A chart as a picture that can be put into a report: with its question, its words and what it was made from.
(function () {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 960, EDGE = 16, SHARPNESS = 2;
  const FONT = getComputedStyle(document.body).fontFamily;
  const pen = document.createElement("canvas").getContext("2d");

  // Lines that fit; Chinese breaks anywhere, English between words.
  function wrapped(text, size, weight) {
    pen.font = weight + " " + size + "px " + FONT;
    const lines = [""];
    (text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/g) || []).forEach(function (word) {
      const longer = lines[lines.length - 1] + word;
      if (pen.measureText(longer.trimEnd()).width <= WIDTH - 2 * EDGE) lines[lines.length - 1] = longer;
      else lines.push(word.trimStart());
    });
    return lines;
  }

  function element(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // Lines below each other from `top`; returns where the next begins.
  function write(page, text, top, size, weight, colour) {
    wrapped(text, size, weight).forEach(function (line) {
      top += size * 1.4;
      const look = { x: EDGE, y: top, "font-size": size, "font-weight": weight, "font-family": FONT, fill: colour };
      page.append(element("text", look, line));
    });
    return top;
  }

  async function drawn(card, plot) {
    const page = element("svg", { xmlns: SVG, width: WIDTH });
    const ground = element("rect", { width: WIDTH, fill: "#fff" });
    page.append(ground);
    let top = write(page, card.querySelector("h2").textContent, 10, 16, 600, "#1b2127");
    top = write(page, card.querySelector(".words").textContent, top + 4, 12, 400, "#59636e") + 12;
    const height = plot.clientHeight;
    const address = await window.Plotly.toImage(plot, { format: "svg", width: WIDTH, height: height });
    const source = decodeURIComponent(address.slice(address.indexOf(",") + 1));
    const figure = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
    figure.setAttribute("y", top);
    page.append(document.importNode(figure, true));
    top = write(page, document.getElementById("made-from").textContent, top + height, 11, 400, "#59636e") + EDGE;
    [page, ground].forEach((part) => part.setAttribute("height", top));
    page.setAttribute("viewBox", "0 0 " + WIDTH + " " + top);
    return new Blob([new XMLSerializer().serializeToString(page)], { type: "image/svg+xml" });
  }

  async function pixels(blob) {
    const image = new Image();
    image.src = URL.createObjectURL(blob);
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.width * SHARPNESS;
    canvas.height = image.height * SHARPNESS;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(image.src);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  document.addEventListener("click", async function (event) {
    const button = event.target.closest("[data-picture]");
    if (!button) return;
    const card = button.closest(".card");
    const kind = button.dataset.picture;
    const picture = await drawn(card, card.querySelector(".js-plotly-plot"));
    const place = JSON.parse(card.querySelector(".dash-graph").id);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(kind === "png" ? await pixels(picture) : picture);
    link.download = place.page + "-" + place.name + "." + kind;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
})();
