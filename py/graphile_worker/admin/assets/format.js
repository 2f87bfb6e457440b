// Figures and durations for people.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** 12 345 678 as 12,345,678. */
export function whole(value) {
  return value === null || value === undefined ? "–" : WHOLE.format(value);
}

/** Exact up to 99,999, then 1.2M. */
export function count(value) {
  if (value === null || value === undefined) return "–";
  return Math.abs(value) < 100000 ? WHOLE.format(value) : SHORT.format(value);
}

export function rate(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  if (value < 10) return value.toFixed(value < 0.1 ? 2 : 1);
  return count(Math.round(value));
}

export function plural(number, one, many = `${one}s`) {
  return `${whole(number)} ${number === 1 ? one : many}`;
}

const STEPS = [
  [86400, "d", 3600, "h"],
  [3600, "h", 60, "min"],
  [60, "min", 1, "s"],
];

/** Seconds as "3 d 4 h", "12 min", "8 s"; two units at most, and one where the second says little. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const value = Math.max(0, seconds);
  if (value < 1) return "0 s";
  for (const [unit, name, part, partName] of STEPS) {
    if (value < unit) continue;
    const large = Math.floor(value / unit);
    const small = Math.floor((value % unit) / part);
    return small === 0 || large >= 10 ? `${large} ${name}` : `${large} ${name} ${small} ${partName}`;
  }
  return `${Math.floor(value)} s`;
}

const UNITS = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86400 };

/** "90", "30s", "5m", "2h" or "1d" as seconds; null for anything else, and for what is not above 0. */
export function secondsOf(text) {
  const found = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?$/.exec(text);
  const seconds = found ? Number(found[1]) * UNITS[found[2] ?? "s"] : 0;
  return seconds > 0 ? seconds : null;
}

/** Seconds as secondsOf() reads them, none rounded: "90s", "5m". */
export function written(seconds) {
  const unit = ["d", "h", "m"].find((name) => seconds % UNITS[name] === 0) ?? "s";
  return `${seconds / UNITS[unit]}${unit}`;
}

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** The first line of a text, cut where it would fill the screen. */
export function firstLine(text, length = 160) {
  const line = (text ?? "").trim().split("\n", 1)[0];
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
