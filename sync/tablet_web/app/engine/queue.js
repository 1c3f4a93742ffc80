// One after the other: whoever changes something waits for who came before.

export class Queue {
  constructor() {
    /** @type {Promise<unknown>} */
    this._last = Promise.resolve();
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  run(work) {
    const mine = this._last.then(work, work);
    this._last = mine.catch(() => {});
    return mine;
  }
}
