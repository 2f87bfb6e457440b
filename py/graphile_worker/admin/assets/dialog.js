// Questions: a title, some text, perhaps fields, and a button that says what will happen.
import { append, h, uid } from "./dom.js";

/**
 * Ask, do, and tell what went wrong where it was asked.
 *
 * fields: [{name, label, type, value, hint, required, options, wide, more, check(value) -> message | null}]; those with
 *   more stand behind a heading, closed unless open. {node} is something to see between them.
 * oninput(values): called with what the fields hold, at first and at each change.
 * run(values, progress, signal): does it; the dialog stays open while it works and when it raises. progress(text,
 *   fraction) shows how far it is; Cancel aborts the signal then.
 * dismiss: what is written on Cancel.
 * Resolves to what run returned, or undefined when the dialog was dismissed.
 */
export function ask({
  title,
  text = [],
  fields = [],
  open = false,
  confirm,
  dismiss: away = "Cancel",
  danger = false,
  wide = false,
  oninput,
  run,
}) {
  return new Promise((resolve) => {
    const titleId = uid("dialog");
    const inputs = new Map(fields.filter((field) => !field.node).map((field) => [field.name, makeField(field)]));
    const shown = (some) => some.map((field) => field.node ?? inputs.get(field.name).element);
    const usual = fields.filter((field) => !field.more);
    const rare = fields.filter((field) => field.more);
    const details = rare.length
      ? h("details", { class: "wide", open }, h("summary", {}, "More"), h("div", { class: "fields" }, shown(rare)))
      : null;
    const read = () => Object.fromEntries([...inputs].map(([name, field]) => [name, field.read()]));
    const problem = h("div", { class: "problem", role: "alert", hidden: true });
    const status = h("div", { class: "text", role: "status", hidden: true });
    const bar = h("progress", { hidden: true, "aria-label": "Progress" });
    const cancel = h("button", { type: "button" }, away);
    const submit = h("button", { type: "submit", class: danger ? "primary danger" : "primary" }, confirm);
    const body = h("div", { class: "text" });
    append(
      body,
      [text].flat().map((part) => (typeof part === "string" ? h("p", {}, part) : part)),
    );
    const form = h(
      "form",
      { method: "dialog", novalidate: true },
      h("h2", { id: titleId }, title),
      body.childElementCount ? body : null,
      fields.length ? h("div", { class: fields.length > 2 ? "fields" : "fields one" }, shown(usual), details) : null,
      status,
      bar,
      problem,
      h("div", { class: "buttons" }, cancel, submit),
    );
    const dialog = h("dialog", { "aria-labelledby": titleId, class: wide ? "wide" : null }, form);
    let working = null;
    let result;

    const dismiss = () => {
      if (working) working.abort();
      else dialog.close();
    };
    cancel.addEventListener("click", dismiss);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      dismiss();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    // What cannot be undone takes a second Enter, on the button that says what it is.
    form.addEventListener("keydown", (event) => {
      if (!danger || event.key !== "Enter" || event.isComposing || !event.target.matches("input, select")) return;
      event.preventDefault();
      submit.focus();
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (working) return;
      const values = read();
      let first = null;
      for (const [name, field] of inputs) {
        const message = field.check(values[name]);
        field.complain(message);
        if (message && !first) first = field;
      }
      if (first) {
        if (details?.contains(first.element)) details.open = true;
        first.focus();
        return;
      }
      working = new AbortController();
      submit.disabled = true;
      problem.hidden = true;
      const progress = (line, fraction) => {
        status.hidden = false;
        status.textContent = line;
        bar.hidden = false;
        if (fraction !== undefined) bar.value = fraction;
      };
      try {
        result = await run(values, progress, working.signal);
        dialog.close();
      } catch (error) {
        if (error.name === "AbortError") {
          dialog.close();
          return;
        }
        problem.textContent = [error.message, error.hint].filter(Boolean).join("\n");
        problem.hidden = false;
        status.hidden = true;
        bar.hidden = true;
        submit.disabled = false;
      } finally {
        working = null;
      }
    });

    if (oninput) form.addEventListener("input", () => oninput(read()));
    document.body.append(dialog);
    dialog.showModal();
    oninput?.(read());
    // Nor is it one stray Enter away.
    if (!fields.length) (danger ? cancel : submit).focus();
  });
}

function makeField(field) {
  const id = uid("field");
  const wrong = h("span", { class: "wrong", id: `${id}-wrong`, hidden: true });
  const described = [field.hint ? `${id}-hint` : null, `${id}-wrong`].filter(Boolean).join(" ");
  const common = { id, name: field.name, "aria-describedby": described, "aria-required": field.required || null };
  let input;
  if (field.type === "textarea")
    input = h("textarea", { ...common, rows: 7, spellcheck: "false", value: field.value ?? "" });
  else if (field.type === "select") {
    input = h(
      "select",
      common,
      field.options.map(([value, label]) => h("option", { value }, label)),
    );
    input.value = field.value ?? field.options[0][0];
  } else if (field.type === "checkbox")
    input = h("input", { ...common, type: "checkbox", checked: Boolean(field.value) });
  else
    input = h("input", {
      ...common,
      type: field.type ?? "text",
      value: field.value ?? "",
      min: field.min,
      max: field.max,
      list: field.list,
      autocomplete: "off",
      spellcheck: "false",
    });
  const hint = field.hint ? h("span", { class: "hint", id: `${id}-hint` }, field.hint) : null;
  const boxed = field.type === "checkbox";
  const element = boxed
    ? h(
        "div",
        { class: "field wide" },
        h("div", { class: "check" }, input, h("label", { for: id }, field.label)),
        hint,
        wrong,
      )
    : h(
        "div",
        { class: field.wide ? "field wide" : "field" },
        h("label", { for: id }, field.label),
        input,
        hint,
        wrong,
      );
  return {
    element,
    focus: () => input.focus(),
    read: () => (boxed ? input.checked : input.value.trim()),
    check(value) {
      if (field.required && !value) return "This cannot be empty.";
      if (input.validity.badInput) return "This is not a number the field can take.";
      if (input.validity.rangeUnderflow) return `The least is ${field.min}.`;
      if (input.validity.rangeOverflow) return `The most is ${field.max}.`;
      return field.check ? field.check(value) : null;
    },
    complain(message) {
      wrong.textContent = message ?? "";
      wrong.hidden = !message;
      if (message) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

/** Something to read, with a button to close it. */
export function show({ title, content }) {
  const titleId = uid("dialog");
  const body = h("div", { class: "dialog-body" }, h("h2", { id: titleId }, title));
  append(body, content);
  const close = h("button", { type: "button", class: "primary" }, "Close");
  append(body, h("div", { class: "buttons" }, close));
  const dialog = h("dialog", { "aria-labelledby": titleId }, body);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
}

/** An instant as a datetime-local field has it, in local time, to the second. */
export function localTime(iso) {
  if (!iso) return "";
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}

/** A local time of a datetime-local field as ISO 8601 with its offset, null when empty. */
export function instant(value) {
  return value ? new Date(value).toISOString() : null;
}
