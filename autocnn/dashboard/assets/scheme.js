// Tells the server which colours the reader wants, and names the page.
window.dash_clientside = window.dash_clientside || {};
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const scheme = () => (dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => dash_clientside.set_props("scheme", { data: scheme() }));
  window.dash_clientside.autocnn = {
    scheme,
    title: (title) => {
      if (title) document.title = `${title} · autocnn`;
      return null;
    },
  };
})();
