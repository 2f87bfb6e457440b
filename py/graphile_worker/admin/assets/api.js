// The server's JSON API. Addresses are relative to the page, whatever it is mounted at.

const TOKEN_KEY = "graphile-worker-admin-token";

/** The server answered, and said no. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.message ?? `The server answered ${status}.`);
    this.status = status;
    this.code = problem.code ?? null;
    this.hint = problem.hint ?? null;
    /** Seconds, where the server says when it is worth another try. */
    this.retryAfter = problem.retry_after ?? null;
  }
}

/** The server wants to know who asks; `auth` and `headerName` say how. */
export class Unauthorized extends ApiError {
  constructor(problem) {
    super(401, problem);
    this.auth = problem.auth ?? "basic";
    this.headerName = problem.header_name ?? null;
  }
}

let csrf = {};
let signIn = readToken();

function readToken() {
  try {
    return JSON.parse(sessionStorage.getItem(TOKEN_KEY));
  } catch {
    return null;
  }
}

/** Remember the token for this tab: {header, value}; null forgets it. */
export function useToken(token) {
  signIn = token;
  try {
    if (token) sessionStorage.setItem(TOKEN_KEY, JSON.stringify(token));
    else sessionStorage.removeItem(TOKEN_KEY);
  } catch {
    // It holds until the page is loaded again.
  }
}

export function hasToken() {
  return signIn !== null;
}

/** session: the server's answer, which names the header and its token. */
export function useCsrf(session) {
  csrf = { [session.csrf_header]: session.csrf_token };
}

/** GET, with the parameters that are set. */
export function get(path, params = {}, signal = undefined) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return request(`api/${path}${text ? `?${text}` : ""}`, { signal });
}

/** POST a JSON body. A server that was started again has another CSRF token: it is fetched once. */
export async function post(path, body) {
  const send = () => {
    const headers = { "content-type": "application/json", ...csrf };
    return request(`api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  };
  try {
    return await send();
  } catch (error) {
    if (error.code !== "csrf") throw error;
    useCsrf(await get("session"));
    return send();
  }
}

async function request(address, options) {
  const headers = { accept: "application/json", ...options.headers };
  if (signIn) headers[signIn.header] = signIn.value;
  let response;
  try {
    response = await fetch(address, { ...options, headers, cache: "no-store", credentials: "same-origin" });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Error("The admin server does not answer. Is it still running?", { cause: error });
  }
  let body = null;
  try {
    body = await response.json();
  } catch {
    // A proxy's own page, say: the status has to do.
  }
  if (response.ok && body !== null) return body;
  const problem = body?.error ?? {};
  if (response.status === 401) throw new Unauthorized(problem);
  throw new ApiError(response.status, problem);
}
