// The theme: light, dark, or (nothing stored) what the system says. Loaded before the first paint.
(function () {
  const KEY = "graphile-worker-theme";
  const ORDER = ["system", "light", "dark"];

  function stored() {
    try {
      const value = localStorage.getItem(KEY);
      return ORDER.includes(value) ? value : "system";
    } catch {
      return "system"; // Storage is blocked: follow the system.
    }
  }

  function apply(theme) {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  let current = stored();
  apply(current);

  window.graphileWorkerTheme = {
    current: () => current,
    next() {
      current = ORDER[(ORDER.indexOf(current) + 1) % ORDER.length];
      apply(current);
      try {
        localStorage.setItem(KEY, current);
      } catch {
        // It holds until the page is loaded again.
      }
      return current;
    },
  };
})();
