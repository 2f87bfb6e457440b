// Icons drawn for this page: 24 units square, strokes only, in the colour of the text around them.
import { s } from "./dom.js";

const PATHS = {
  overview: "M4 19V5M4 19h16M8 15l4-5 3 3 5-7",
  jobs: "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
  queues: "M4 7h16v4H4zM4 15h10v4H4z",
  workers:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4",
  schedules: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2",
  limits: "M4 18a8.5 8.5 0 1 1 16 0M12 15l4-5.5M12 15h.01",
  policies: "M4 7h9M17 7h3M4 12h3M11 12h9M4 17h11M19 17h1M15 5v4M9 10v4M17 15v4",
  maintenance: "M14.5 6.5a4 4 0 0 0-5.3 5L4 16.7 7.3 20l5.2-5.2a4 4 0 0 0 5-5.3L15 12l-3-3z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  light:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5",
  dark: "M19 14.5A7.5 7.5 0 0 1 9.5 5 7.5 7.5 0 1 0 19 14.5z",
  help: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM9.8 10a2.3 2.3 0 1 1 3.2 2.1c-.7.3-1 .8-1 1.6M12 16.4h.01",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM20 20l-4.7-4.7",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  pause: "M9 6v12M15 6v12",
  play: "M8 5.5v13l10-6.5z",
  lock: "M6 11h12v8H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  left: "M14 6l-6 6 6 6",
  right: "M10 6l6 6-6 6",
  copy: "M9 9h10v10H9zM5 15V5h10",
  refresh: "M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5",
  warning: "M12 4 3 19h18zM12 10v4M12 16.5h.01",
};

export function icon(name) {
  return s(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" },
    s("path", { d: PATHS[name] }),
  );
}
