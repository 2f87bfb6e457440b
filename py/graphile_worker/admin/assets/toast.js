// Short notes in a corner, read out by screen readers.
import { h } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN_MS = 6000;

/** Say something. Problems stay until they are dismissed; the rest goes after six seconds, not while pointed at. */
export function toast(text, { bad = false } = {}) {
  const close = h("button", { type: "button", class: "plain compact", "aria-label": "Dismiss" }, icon("close"));
  const note = h("div", { class: bad ? "toast bad" : "toast" }, h("span", {}, text), close);
  const remove = () => note.remove();
  close.addEventListener("click", remove);
  if (!bad) {
    let timer = setTimeout(remove, SHOWN_MS);
    const hold = () => clearTimeout(timer);
    const release = () => {
      clearTimeout(timer);
      timer = setTimeout(remove, SHOWN_MS);
    };
    note.addEventListener("pointerenter", hold);
    note.addEventListener("pointerleave", release);
    note.addEventListener("focusin", hold);
    note.addEventListener("focusout", release);
  }
  document.getElementById("toasts").append(note);
}

/** Copy a text and say so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied.`);
  } catch {
    toast("The browser does not let this page use the clipboard; mark the text and copy it.", { bad: true });
  }
}
