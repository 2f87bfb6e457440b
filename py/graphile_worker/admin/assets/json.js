// JSON for reading, token by token and never through a JavaScript number: what has twenty digits is shown with twenty.
import { h } from "./dom.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[[\]{},:]/g;
// Beyond this the text is shown as it is: a payload of megabytes, or one of a thousand levels, would make the page slow.
const LARGEST = 200000;
const LARGEST_LAYOUT = 1000000;

/** Nodes with the text laid out and its tokens coloured; the text itself when it is no JSON or very long. */
export function pretty(text) {
  if (text.length > LARGEST) return [text];
  try {
    JSON.parse(text);
  } catch {
    return [text];
  }
  return layout(text.match(TOKEN)) ?? [text];
}

function layout(tokens) {
  const nodes = [];
  let depth = 0;
  let size = 0;
  const line = () => {
    size += 1 + 2 * depth;
    nodes.push(`\n${"  ".repeat(depth)}`);
  };
  for (const [index, token] of tokens.entries()) {
    if (size > LARGEST_LAYOUT) return null;
    const next = tokens[index + 1];
    if (token === "{" || token === "[") {
      nodes.push(token);
      if (next === "}" || next === "]") continue;
      depth += 1;
      line();
    } else if (token === "}" || token === "]") {
      const opened = tokens[index - 1];
      if (opened !== "{" && opened !== "[") {
        depth -= 1;
        line();
      }
      nodes.push(token);
    } else if (token === ",") {
      nodes.push(token);
      line();
    } else if (token === ":") nodes.push(": ");
    else nodes.push(coloured(token, next));
  }
  return nodes;
}

function coloured(token, next) {
  if (token.startsWith('"')) return h("span", { class: next === ":" ? "json-key" : "json-string" }, token);
  return h("span", { class: /^[tfn]/.test(token) ? "json-word" : "json-number" }, token);
}

/** The same without colours, for the clipboard. */
export function prettyText(text) {
  return pretty(text)
    .map((node) => (typeof node === "string" ? node : node.textContent))
    .join("");
}

/** Whether a text is a JSON object. */
export function isDocument(text) {
  try {
    const found = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found);
  } catch {
    return false;
  }
}
