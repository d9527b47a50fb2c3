// Draws every figure, in the reader's colours, and again for paper.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const toDark = JSON.parse(document.getElementById("to-dark").textContent);
  const touch = matchMedia("(pointer: coarse)").matches;
  const paperWidth = 620;

  const recoloured = (text) =>
    text.replace(/"(#[0-9a-f]{6})"/g, (whole, colour) =>
      colour in toDark ? `"${toDark[colour]}"` : whole);

  const draw = (paper) => {
    for (const plot of document.querySelectorAll(".plot")) {
      const figure = plot.closest("figure");
      const on = [...figure.querySelectorAll("input:checked")].map((box) => box.value).join(" ");
      const text = figure.querySelector(`script[data-on="${on}"]`).textContent;
      const { data, layout } = JSON.parse(dark.matches && !paper ? recoloured(text) : text);
      if (touch) layout.dragmode = false; // a finger scrolls the page
      if (paper) layout.width = paperWidth;
      Plotly.react(plot, data, layout, {
        responsive: true,
        displaylogo: false,
        displayModeBar: touch ? false : "hover",
        modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
        toImageButtonOptions: { format: "svg", filename: plot.id },
      });
    }
  };

  for (const box of document.querySelectorAll(".centred"))
    box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2;
  const reach = () => { // what scrolls can be scrolled by keys
    for (const box of document.querySelectorAll(".scroll, pre")) {
      const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
      box.tabIndex = scrolls ? 0 : -1;
    }
  };

  draw(false);
  reach();
  addEventListener("resize", reach);
  addEventListener("change", () => draw(false));
  dark.addEventListener("change", () => draw(false));
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw(false));
})();
