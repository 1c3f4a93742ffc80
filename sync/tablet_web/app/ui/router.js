// Where one is in the app. The address is always /tablet/, and the browser keeps only numbers of
// steps: which resident was open stands in this memory and nowhere on disk.

export const ADDRESS = "/tablet/";
export const FIRST = "home";

/**
 * @typedef {object} Place
 * @property {string} name Of a screen in screens.js.
 * @property {Record<string, any>} params
 * @property {number} step Rises with every step of this run: a new place is drawn anew.
 */

/** @typedef {{ pushState(state: unknown, unused: string, url: string): void, replaceState(state: unknown, unused: string, url: string): void, back(): void }} Steps */

export class Router {
  /**
   * @param {Steps} steps The browser's history.
   * @param {() => void} changed
   * @param {number} run A number that no other run of the app has.
   */
  constructor(steps, changed, run) {
    this.steps = steps;
    this.changed = changed;
    this.run = run;
    this.step = 0;
    /** @type {Place[]} */
    this.places = [{ name: FIRST, params: {}, step: 0 }];
    this.at = 0;
    this.#mark();
  }

  /** @returns {Place} */
  get place() {
    return /** @type {Place} */ (this.places[this.at]);
  }

  /** @param {string} name @param {Record<string, any>} [params] */
  go(name, params = {}) {
    this.places.length = this.at + 1;
    this.step += 1;
    this.places.push({ name, params, step: this.step });
    this.at += 1;
    this.steps.pushState({ run: this.run, at: this.at }, "", ADDRESS);
    this.changed();
  }

  /** Instead of where one is: back does not lead here. @param {string} name @param {Record<string, any>} [params] */
  replace(name, params = {}) {
    this.step += 1;
    this.places[this.at] = { name, params, step: this.step };
    this.#mark();
    this.changed();
  }

  back() {
    if (this.at > 0) this.steps.back();
  }

  /** Everything forgotten: at lock, so that no id outlives it. */
  reset() {
    this.run += 1;
    this.step += 1;
    this.places = [{ name: FIRST, params: {}, step: this.step }];
    this.at = 0;
    this.#mark();
    this.changed();
  }

  /** The browser moved (its own back, a gesture). @param {unknown} state */
  moved(state) {
    const to = /** @type {{ run?: unknown, at?: unknown } | null} */ (state);
    if (to?.run === this.run && typeof to.at === "number" && this.places[to.at]) {
      this.at = to.at;
    } else {
      this.places = [/** @type {Place} */ (this.places[0])];
      this.at = 0;
      this.#mark();
    }
    this.changed();
  }

  #mark() {
    this.steps.replaceState({ run: this.run, at: this.at }, "", ADDRESS);
  }
}
