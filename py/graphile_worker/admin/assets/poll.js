// Live updates: one request after the other, none while nobody looks, fewer while the server does not answer.
import { Unauthorized } from "./api.js";

const SLOWEST_MS = 30000;
const LONGEST_MS = 300000;

/** Calls load(signal) again and again, `interval` ms after the last answer. */
export class Poller {
  #load;
  #interval;
  #report;
  #timer = null;
  #abort = null;
  #failures = 0;
  #running = false;
  #visibility = () => (document.hidden ? this.#rest() : this.now());

  /** report(error or null, retry in ms) after every try. */
  constructor(load, { interval, report }) {
    this.#load = load;
    this.#interval = interval;
    this.#report = report;
  }

  start() {
    if (this.#running) return this;
    this.#running = true;
    document.addEventListener("visibilitychange", this.#visibility);
    this.now();
    return this;
  }

  stop() {
    this.#running = false;
    document.removeEventListener("visibilitychange", this.#visibility);
    this.#rest();
  }

  /** Ask a single time. */
  async once() {
    this.#running = true;
    await this.now();
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** Ask at once, giving up on an answer that is still awaited. */
  async now() {
    this.#rest();
    if (!this.#running || document.hidden) return;
    const abort = new AbortController();
    this.#abort = abort;
    let wait = this.#interval;
    try {
      await this.#load(abort.signal);
      if (abort.signal.aborted) return;
      this.#failures = 0;
      this.#report(null, wait);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#failures += 1;
      // To ask somebody sooner who has said when would only make it later.
      wait = error.retryAfter
        ? Math.min(LONGEST_MS, 1000 * error.retryAfter)
        : Math.min(SLOWEST_MS, 1000 * 2 ** (this.#failures - 1));
      this.#report(error, wait);
      if (error instanceof Unauthorized) return; // Signing in starts everything again.
    }
    this.#abort = null;
    if (this.#running && !document.hidden && this.#interval) this.#timer = setTimeout(() => this.now(), wait);
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#timer = null;
    this.#abort = null;
  }
}
