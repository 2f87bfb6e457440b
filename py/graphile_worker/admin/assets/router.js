// Pages and their filters live in the fragment (#/jobs?state=failed): every view can be linked to, and the page works
// under any prefix it is mounted at.

/** "#/jobs/42?x=1" as {path: ["jobs", "42"], params: URLSearchParams}. */
export function parse(hash) {
  const text = hash.replace(/^#\/?/, "");
  const cut = text.indexOf("?");
  const path = (cut < 0 ? text : text.slice(0, cut)).split("/").filter(Boolean).map(decode);
  return { path, params: new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1)) };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a page: href("jobs", {state: "failed"}). Empty values are left out. */
export function href(path, params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return `#/${path}${text ? `?${text}` : ""}`;
}

/** Go there. `quietly` replaces the address in the history, for filters that are still being typed. */
export function go(address, { quietly = false } = {}) {
  if (location.hash === address) return;
  if (quietly) {
    history.replaceState(null, "", address);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = address;
  }
}
