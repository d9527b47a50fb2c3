// Tells the server which colours the reader wants, names the page, lets a finger scroll it, and keeps
// its place when a link only switches something: links of Dash go to the top.
window.dash_clientside = window.dash_clientside || {};
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const scheme = () => (dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => dash_clientside.set_props("scheme", { data: scheme() }));
  const scrolls = (touch) => touch.target.closest?.(".draglayer") && touch.stopPropagation();
  addEventListener("touchstart", scrolls, { capture: true, passive: true });
  const part = (at, name) => new URLSearchParams(at.search).get(name);
  const same = (at) => at.pathname === location.pathname && part(at, "view") === part(location, "view")
    && part(at, "page") === part(location, "page");
  addEventListener("click", ({ target }) => {
    const link = target.closest?.("main a[href]"), top = scrollY;
    if (link && same(link)) setTimeout(() => scrollTo({ top, behavior: "instant" }));
  }, { capture: true });
  window.dash_clientside.autocnn = {
    scheme,
    title: (title) => {
      if (title) document.title = `${title} · autocnn`;
      return null;
    },
  };
})();
