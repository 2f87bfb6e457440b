// The figures of the whole queue, asked for once and shared by the page and the list of pages beside it.
import * as calls from "./calls.js";
import { Poller } from "./poll.js";
import { now, setServerTime } from "./time.js";

export class Overview {
  #listeners = new Set();
  #poller;
  #samples = [];
  #seq = null;
  #windowMs;

  constructor({ interval, seconds, report }) {
    this.latest = null;
    // A minute more than the charts show.
    this.#windowMs = (seconds + 60) * 1000;
    this.#poller = new Poller((signal) => this.#load(signal), { interval, report });
  }

  start() {
    this.#poller.start();
  }

  stop() {
    this.#poller.stop();
  }

  now() {
    return this.#poller.now();
  }

  once() {
    return this.#poller.once();
  }

  /** Called with every answer, at once with the one at hand. Returns what ends it. */
  subscribe(listener) {
    this.#listeners.add(listener);
    if (this.latest) listener(this.latest);
    return () => this.#listeners.delete(listener);
  }

  async #load(signal) {
    const answer = await calls.overview(this.#seq, signal);
    setServerTime(answer.now);
    this.#samples = this.#joined(answer);
    this.#seq = answer.seq;
    this.latest = { ...answer, samples: this.#samples };
    for (const listener of this.#listeners) listener(this.latest);
  }

  /** The samples at hand and the new ones; a server that was started again numbers them anew. */
  #joined({ samples, seq }) {
    if (this.#seq === null || seq < this.#seq) return samples;
    if (samples.length && samples[0].seq !== this.#seq + 1) return samples;
    const oldest = now() - this.#windowMs;
    return [...this.#samples, ...samples].filter((sample) => new Date(sample.at).getTime() > oldest);
  }
}
