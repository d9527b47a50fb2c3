"""What a reader of a page in a browser would stumble over."""

from __future__ import annotations

from typing import Any

FAULTS = r"""() => {
  const found = [], body = document.documentElement;
  if (body.scrollWidth > innerWidth) found.push(`the page is ${body.scrollWidth} wide`);
  for (const box of document.querySelectorAll("#head *, header *, main *"))
    if (!box.closest(".scroll, pre, svg, .heard") &&
        box.getBoundingClientRect().right > innerWidth + 1)
      found.push(`beyond the edge: ${box.className || box.tagName}`);
  const shown = (text) => text.textContent.trim() && !text.closest(".hoverlayer, .modebar") &&
    getComputedStyle(text).visibility !== "hidden" && text.getBoundingClientRect().width;
  for (const plot of document.querySelectorAll(".js-plotly-plot")) {
    const edge = plot.getBoundingClientRect();
    const texts = [...plot.querySelectorAll(".main-svg text")].filter(shown).map((text) =>
      [text.textContent, text.getBoundingClientRect(),
       /rotate\((?!0|-?90)/.test(text.getAttribute("transform"))]);
    texts.forEach(([text, box, slanted], place) => {
      if (box.left < edge.left - 1 || box.right > edge.right + 1 ||
          box.top < edge.top - 1 || box.bottom > edge.bottom + 1)
        found.push(`${plot.id}: cut: ${text}`);
      for (const [other, its, leans] of texts.slice(place + 1)) {
        const wide = Math.min(box.right, its.right) - Math.max(box.left, its.left);
        const tall = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top);
        if (wide > 2 && tall > 3 && !(slanted && leans))
          found.push(`${plot.id}: ${text} over ${other}`);
      }
    });
  }
  return found;
}"""


def faults(page: Any) -> list[str]:
    """What is wider than the window, and texts of figures that are cut or over each other."""
    found: list[str] = page.evaluate(FAULTS)
    return found


def violations(page: Any) -> list[tuple[str, str]]:
    """What those who hear a page, or work it by keys, would miss, by the rules of axe."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]
