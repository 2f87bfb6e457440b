// The form that asks for a token, where the server wants one in a header.
import { hasToken, useToken } from "./api.js";
import { h, uid } from "./dom.js";

/** error: the Unauthorized answer; again(): called when there is a token to try. */
export function login(error, again) {
  const id = uid("token");
  const header = error.auth === "header" ? (error.headerName ?? "x-graphile-worker-admin-token") : "authorization";
  const input = h("input", {
    id,
    type: "password",
    autocomplete: "current-password",
    required: true,
    "aria-describedby": `${id}-hint`,
  });
  if (error.auth === "basic") {
    return h(
      "div",
      { class: "card login problem-page", role: "alert" },
      h("h1", {}, "Sign in"),
      h("p", {}, "The browser's password for this page is missing or wrong. Load the page again to be asked for it."),
      h("div", {}, h("button", { type: "button", class: "primary", onclick: () => location.reload() }, "Load again")),
    );
  }
  const submit = (event) => {
    event.preventDefault();
    const token = input.value.trim();
    if (!token) return;
    useToken({ header, value: header === "authorization" ? `Bearer ${token}` : token });
    again();
  };
  return h(
    "div",
    { class: "card login" },
    h(
      "form",
      { onsubmit: submit },
      h("h1", {}, "Sign in"),
      h(
        "div",
        { class: "field" },
        h("label", { for: id }, "Token"),
        input,
        h(
          "span",
          { class: "hint", id: `${id}-hint` },
          "The one the server was started with. This tab keeps it until it is closed.",
        ),
      ),
      hasToken() ? h("p", { class: "wrong", role: "alert" }, "That token was not accepted.") : null,
      h("div", {}, h("button", { type: "submit", class: "primary" }, "Sign in")),
    ),
  );
}
