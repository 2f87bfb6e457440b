// The frame around the pages: sign in, choose the page, keep it fresh.
import { Unauthorized } from "./api.js";
import { connection, mark, onretry, pausing, refusing } from "./banner.js";
import { addJob } from "./addjob.js";
import * as calls from "./calls.js";
import { h, replace } from "./dom.js";
import { Overview } from "./feed.js";
import { buildNav, buildFoot, currentPage, tally, showTheme } from "./frame.js";
import { login } from "./login.js";
import { Poller } from "./poll.js";
import { href, parse } from "./router.js";
import { showHelp, startShortcuts } from "./shortcuts.js";
import { startClock } from "./time.js";
import { toast } from "./toast.js";
import crontabs from "./pages/crontabs.js";
import job from "./pages/job.js";
import jobs from "./pages/jobs.js";
import limits from "./pages/limits.js";
import maintenance from "./pages/maintenance.js";
import overview from "./pages/overview.js";
import policies from "./pages/policies.js";
import queues from "./pages/queues.js";
import schedules from "./pages/schedules.js";
import workers from "./pages/workers.js";

const PAGES = { "": overview, jobs, queues, workers, schedules, limits, policies, maintenance };
const main = document.getElementById("main");

let session = null;
let feed = null;
let shown = null; // {page, view, poller, name}
let paused = false;

function choose(path) {
  if (path[0] === "jobs" && path.length === 2) return [job, "jobs"];
  // The page beside the schedules has no place of its own in the list of pages.
  if (path[0] === "crontabs" && path.length === 1) return [crontabs, "schedules"];
  return [path.length <= 1 ? PAGES[path[0] ?? ""] : undefined, path[0] ?? ""];
}

// What a page asks for may be wrong, or not there: its filter, say. Any other answer says that nobody gets one.
const BLAMING = new Set([400, 404, 422]);

function blamesQuestion(error) {
  return BLAMING.has(error?.status);
}

/** What came of a request. An answer that blames the question is shown on the page; all else is the connection's. */
function reporter(source) {
  return (error, wait) => {
    if (error instanceof Unauthorized) {
      signIn(error);
      return;
    }
    const refused = source === "page" && blamesQuestion(error);
    if (source === "page") refusing(refused);
    connection(source, refused ? null : error, wait);
  };
}

/** Which database this is stands in the tab, too: people have several of them open. */
function entitle(name) {
  document.title = [name, session.database, "graphile_worker"].filter(Boolean).join(" · ");
}

function close() {
  shown?.poller?.stop();
  shown?.view.close?.();
  shown = null;
  connection("page", null);
  refusing(false);
  main.removeAttribute("aria-busy");
}

function route() {
  if (!session) return;
  const { path, params } = parse(location.hash);
  const [page, name] = choose(path);
  currentPage(name);
  const place = path.join("/");
  if (shown && shown.page === page && shown.place === place && shown.view.navigate) {
    shown.view.navigate(params);
    refresh();
    return;
  }
  const moved = shown !== null;
  close();
  if (!page) {
    entitle("Not found");
    replace(main, problem("There is no such page.", "", h("a", { href: href("") }, "Overview")));
    return;
  }
  const context = { session, path, params, feed };
  const view = page.create(context);
  const poller = new Poller((signal) => load(view, signal), { interval: page.interval, report: reporter("page") });
  shown = { page, view, poller, place };
  entitle(page.title);
  replace(main, view.element);
  main.setAttribute("aria-busy", "true");
  mark();
  // A new page is read from its start. The first one is not: the keyboard begins at the top of the document.
  if (moved && (document.activeElement === document.body || document.activeElement.closest("nav")))
    main.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  if (paused) poller.once();
  else poller.start();
}

async function load(view, signal) {
  try {
    await view.load(signal);
    view.loaded = true;
  } catch (error) {
    // Once there is something to see, it stays, and the banner says that it is out of date.
    if (!signal.aborted && (!view.loaded || blamesQuestion(error))) view.fail?.(error);
    throw error;
  } finally {
    if (!signal.aborted) main.removeAttribute("aria-busy");
  }
}

function problem(title, text, ...more) {
  return h(
    "div",
    { class: "card problem-page", role: "alert" },
    h("h1", {}, title),
    text ? h("p", {}, text) : null,
    more,
  );
}

function pause() {
  paused = !paused;
  pausing(paused);
  if (paused) {
    shown?.poller.stop();
    feed?.stop();
    toast("Live updates paused. Press p to go on.");
  } else {
    shown?.poller.start();
    feed?.start();
    toast("Live updates go on.");
  }
}

function signIn(error) {
  close();
  feed?.stop();
  session = null;
  document.body.classList.add("signed-out");
  replace(main, login(error, start));
  main.querySelector("input")?.focus();
}

async function start() {
  try {
    session = await calls.session();
  } catch (error) {
    if (error instanceof Unauthorized) {
      signIn(error);
      return;
    }
    const again = h("button", { type: "button", class: "primary", onclick: start }, "Try again");
    replace(main, problem(error.message, error.hint ?? "Start it with: graphile-worker admin", h("div", {}, again)));
    return;
  }
  document.body.classList.remove("signed-out");
  feed = new Overview({ interval: session.poll_ms, seconds: session.window_secs, report: reporter("feed") });
  feed.subscribe(tally);
  buildFoot(session, { theme, help: showHelp });
  feed.start();
  route();
}

function theme() {
  showTheme(window.graphileWorkerTheme.next());
}

function refresh() {
  for (const poller of [shown?.poller, feed]) {
    if (paused) poller?.once();
    else poller?.now();
  }
}

buildNav();
onretry(refresh);
startClock();
startShortcuts({
  refresh,
  pause,
  theme,
  add: () =>
    session?.read_only
      ? toast("This page only reads: the server was started with --read-only.", { bad: true })
      : addJob(),
});
// The fragment belongs to the pages, so this link cannot use it.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("hashchange", route);
document.addEventListener("changed", refresh);
start();
