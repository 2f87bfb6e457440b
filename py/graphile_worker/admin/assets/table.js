// A table that is brought up to date in place: rows keep their identity, so focus, selection and what is being read stay
// where they are while figures change.
import { append, h, hidden, uid } from "./dom.js";

/**
 * columns: [{label, cell(row) -> node or text, class, hiddenLabel}]; null is none
 * key(row): what makes a row the same row.  empty(): what stands there instead when there are none.
 * selection: a Selection (below) to put a checkbox before every row, labelled by name(row).
 */
export function table({ caption, columns: given, key, empty, selection, name }) {
  const columns = given.filter(Boolean);
  const known = new Map();
  const all = selection ? h("input", { type: "checkbox", "aria-label": "Select all jobs on this page" }) : null;
  const head = h("tr", { role: "row" });
  if (all) append(head, h("th", { role: "columnheader", class: "pick", scope: "col" }, all));
  for (const column of columns) {
    const label = column.hiddenLabel ? hidden(column.label) : column.label;
    append(head, h("th", { role: "columnheader", scope: "col", class: column.class }, label));
  }
  const body = h("tbody", { role: "rowgroup" });
  const captionId = uid("caption");
  // The roles are the ones these elements have anyway; they are lost where the style sheet shows rows as cards.
  const grid = h(
    "table",
    { role: "table", "aria-labelledby": captionId },
    h("caption", { class: "sr", id: captionId }, caption),
    h("thead", { role: "rowgroup" }, head),
    body,
  );
  // A group, not a region: the card around it is one already.
  const wrap = h("div", { class: "table-wrap", role: "group", "aria-labelledby": captionId, tabindex: "0" }, grid);
  wrap.hidden = true; // Until there is something in it.
  const element = h("div", {}, wrap);
  element.className = "table-holder";
  let rows = [];

  const keys = () => rows.map(key);

  function render(entry, row) {
    const cells = [];
    if (selection) {
      const box = h("input", {
        type: "checkbox",
        checked: selection.has(key(row)),
        "aria-label": `Select ${name(row)}`,
        dataset: { act: "select" },
      });
      box.addEventListener("click", (event) => selection.toggle(key(row), box.checked, event.shiftKey, keys()));
      cells.push(h("td", { role: "cell", class: "pick" }, box));
    }
    for (const column of columns) {
      cells.push(h("td", { role: "cell", class: column.class, "data-label": column.label }, column.cell(row)));
    }
    const focused = entry.contains(document.activeElement) ? document.activeElement : null;
    const place = focused ? focusable(entry).indexOf(focused) : -1;
    entry.replaceChildren(...cells);
    if (focused) (focusable(entry)[place] ?? focusable(entry)[0])?.focus();
  }

  function mark() {
    if (!selection) return;
    let chosen = 0;
    for (const [id, entry] of known) {
      const on = selection.has(id);
      if (on) chosen += 1;
      entry.element.toggleAttribute("data-selected", on);
      const box = entry.element.querySelector("td.pick input");
      if (box) box.checked = on;
    }
    all.disabled = !rows.length;
    all.checked = chosen > 0 && keys().every((id) => selection.has(id));
    all.indeterminate = chosen > 0 && !all.checked;
  }
  all?.addEventListener("click", () => selection.setAll(keys(), all.checked));
  selection?.onchange(mark);

  function update(next) {
    rows = next;
    const keep = new Set(next.map(key));
    let orphan = -1;
    for (const [id, entry] of known) {
      if (keep.has(id)) continue;
      if (entry.element.contains(document.activeElement)) orphan = [...body.children].indexOf(entry.element);
      entry.element.remove();
      known.delete(id);
    }
    let cursor = body.firstElementChild;
    for (const row of next) {
      const id = key(row);
      const signature = JSON.stringify(row);
      let entry = known.get(id);
      if (!entry) {
        entry = { element: h("tr", { role: "row" }), signature: null };
        known.set(id, entry);
      }
      if (entry.signature !== signature) {
        entry.signature = signature;
        render(entry.element, row);
      }
      if (entry.element === cursor) cursor = cursor.nextElementSibling;
      else body.insertBefore(entry.element, cursor);
    }
    wrap.hidden = next.length === 0;
    element.querySelector(":scope > .empty")?.remove();
    if (next.length === 0 && empty) append(element, empty());
    // The row with the focus has gone: the one in its place takes it, so that the keyboard does not start from the top.
    if (orphan >= 0) focusRow(Math.min(orphan, body.children.length - 1));
    mark();
  }

  function focusRow(index) {
    const row = body.children[index];
    (row?.querySelector("td.lead a") ?? focusable(row)[0] ?? document.getElementById("main")).focus();
  }

  return { element, update, body, focusFirst: () => focusRow(0), shows: (id) => known.has(id) };
}

function focusable(element) {
  return element ? [...element.querySelectorAll("a[href], button:enabled, input:enabled")] : [];
}

/** Which rows are chosen; keeps its mind over pages and refreshes. */
export class Selection {
  #chosen = new Set();
  #listeners = [];
  #last = null;

  get size() {
    return this.#chosen.size;
  }

  ids() {
    return [...this.#chosen];
  }

  has(id) {
    return this.#chosen.has(id);
  }

  onchange(listener) {
    this.#listeners.push(listener);
  }

  /** With Shift, everything between this row and the one before. */
  toggle(id, on, shift, order) {
    const from = shift ? order.indexOf(this.#last) : -1;
    const to = order.indexOf(id);
    const range = from < 0 ? [id] : order.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.#last = id;
    this.setAll(range, on);
  }

  setAll(ids, on) {
    for (const id of ids) {
      if (on) this.#chosen.add(id);
      else this.#chosen.delete(id);
    }
    this.#tell();
  }

  clear() {
    this.#chosen.clear();
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener(this);
  }
}

/** The heading, explanation and SQL line that stand where there is nothing to list yet. */
export function emptyState(title, text, ...more) {
  return h("div", { class: "empty" }, h("h2", {}, title), h("p", {}, text), more);
}
