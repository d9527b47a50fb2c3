// Tells the server which colours the reader wants, names the page, and lets a finger scroll it.
window.dash_clientside = window.dash_clientside || {};
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const scheme = () => (dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => dash_clientside.set_props("scheme", { data: scheme() }));
  const scrolls = (touch) => touch.target.closest?.(".draglayer") && touch.stopPropagation();
  addEventListener("touchstart", scrolls, { capture: true, passive: true });
  window.dash_clientside.autocnn = {
    scheme,
    title: (title) => {
      if (title) document.title = `${title} · autocnn`;
      return null;
    },
  };
})();
