// Small charts of the last minutes: one quantity each, all with the same time axis and one crosshair.
import { h, replace, s } from "./dom.js";
import { now } from "./time.js";
import { count, duration } from "./format.js";

const HEIGHT = 84;
const TOP = 12;
const FOOT = 15;
// Samples are a few seconds apart while somebody looks; the line is not drawn over more than this.
const GAP_MS = 15000;

/** The next "round" number, so that the scale does not jump about with every sample. */
function ceiling(value) {
  if (value <= 0) return 1;
  const size = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 3, 5, 10]) if (step * size >= value) return step * size;
  return value;
}

/**
 * panels: [{title, name, link, className, series: [{label, value(sample) -> number | null}], format, unit}]
 * seconds: how far back they go.
 * The element, and update(samples, estimated): samples are {at, ...} in order of time, estimated has the names of panels
 * whose figure is one.
 */
export function charts(panels, { label, seconds }) {
  const views = panels.map(panel);
  const element = h(
    "div",
    { class: "charts", role: "group", "aria-label": label },
    views.map((view) => view.element),
  );
  let state = { samples: [], seconds, estimated: [] };

  const draw = (at = null) => views.forEach((view) => view.draw(state, at));
  const point = (event) => {
    const svg = event.target.closest("svg");
    if (!svg || !state.samples.length) return draw();
    const box = svg.getBoundingClientRect();
    const start = now() - seconds * 1000;
    return draw(start + ((event.clientX - box.left) / box.width) * seconds * 1000);
  };
  element.addEventListener("pointermove", point);
  element.addEventListener("pointerleave", () => draw());
  new ResizeObserver(() => draw()).observe(element);
  return {
    element,
    update(samples, estimated) {
      state = { samples, seconds, estimated };
      draw();
    },
  };
}

function panel({ title, name, link, className, series, format = count, unit = "" }) {
  const figure = h("div", { class: "figure" }, "–");
  const note = h("span", {});
  const svg = s("svg", { role: "img", "aria-label": title, height: HEIGHT });
  const heading = link ? h("a", { href: link }, title) : h("span", {}, title);
  const element = h("div", { class: `chart ${className}` }, h("div", { class: "title" }, heading, note), figure, svg);

  function draw({ samples, seconds, estimated }, at) {
    const width = svg.clientWidth || 240;
    const end = now();
    const start = end - seconds * 1000;
    const points = samples.map((sample) => ({
      time: new Date(sample.at).getTime(),
      values: series.map((one) => one.value(sample)),
    }));
    const shown = points.filter((one) => one.time >= start);
    const values = shown.flatMap((one) => one.values).filter((value) => value !== null);
    const top = ceiling(Math.max(0, ...values));
    const x = (time) => ((time - start) / (end - start)) * width;
    const y = (value) => TOP + (1 - value / top) * (HEIGHT - TOP - FOOT);
    const base = y(0);
    const near = at === null ? points.at(-1) : nearest(shown, at);

    figures(near, at, estimated.includes(name));
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const latest = points.at(-1)?.values[0];
    const range = values.length
      ? `lowest ${format(Math.min(...values))}, highest ${format(Math.max(...values))}`
      : "nothing yet";
    svg.setAttribute("aria-label", `${title}: now ${format(latest)}${unit}; in the last ${duration(seconds)} ${range}`);
    replace(
      svg,
      s("line", { class: "grid", x1: 0, x2: width, y1: base, y2: base }),
      s("line", { class: "grid", x1: 0, x2: width, y1: TOP, y2: TOP }),
      s("text", { class: "axis", x: width, y: TOP - 3, "text-anchor": "end" }, format(top)),
      s("text", { class: "axis", x: 0, y: HEIGHT - 3 }, `${duration(seconds)} ago`),
      s("text", { class: "axis", x: width, y: HEIGHT - 3, "text-anchor": "end" }, "now"),
      series.flatMap((one, index) => path(shown, index, x, y, base)),
      at !== null && near ? cross(near, x, y, base) : null,
    );
  }

  function figures(near, at, isEstimate) {
    const texts = series.map((one, index) => {
      const value = near ? near.values[index] : null;
      const text = value === null || value === undefined ? "–" : `${format(value)}${unit}`;
      const legend =
        series.length > 1 ? [" ", h("small", { class: index ? "legend second" : "legend" }, one.label)] : null;
      return h("span", {}, text, legend);
    });
    replace(figure, texts);
    if (at !== null && near) note.textContent = `${duration((now() - near.time) / 1000)} ago`;
    else note.textContent = isEstimate ? "estimated" : "";
  }

  return { element, draw };
}

/** The line and what is under it, in as many pieces as there are: nothing is drawn over a time nobody looked at. */
function path(points, index, x, y, base) {
  const runs = [];
  let before = null;
  for (const one of points) {
    const value = one.values[index];
    if (value === null || value === undefined) continue;
    if (before === null || one.time - before > GAP_MS) runs.push([]);
    runs.at(-1).push([x(one.time).toFixed(1), y(value).toFixed(1)]);
    before = one.time;
  }
  return runs.map((run) => {
    const line = `M${run.map((place) => place.join(" ")).join("L")}`;
    const area = `${line}L${run.at(-1)[0]} ${base}L${run[0][0]} ${base}Z`;
    return [
      index === 0 ? s("path", { class: "area", d: area }) : null,
      s("path", { class: index ? "line second" : "line", d: line }),
    ];
  });
}

function cross(near, x, y, base) {
  const at = x(near.time);
  const dots = near.values
    .filter((value) => value !== null)
    .map((value) => s("circle", { class: "dot", cx: at, cy: y(value), r: 3 }));
  return [s("line", { class: "cross", x1: at, x2: at, y1: TOP, y2: base }), dots];
}

function nearest(points, at) {
  let best = null;
  for (const one of points) if (!best || Math.abs(one.time - at) < Math.abs(best.time - at)) best = one;
  return best;
}
