// The pages' end of the line to the engine: every call is a message to the worker, every answer
// comes back under the number of its call.

/** @typedef {import("../types.js").Engine} Engine */
/** @typedef {import("../types.js").Said} Said */

/**
 * The engine behind a worker. `said` hears what the engine says by itself.
 * @param {{ postMessage(message: unknown, transfer?: Transferable[]): void, onmessage: ((event: MessageEvent) => void) | null }} worker
 * @param {(said: Said) => void} said
 * @returns {Engine}
 */
export function connect(worker, said) {
  /** @type {Map<number, { resolve(value: unknown): void, reject(fault: unknown): void }>} */
  const waiting = new Map();
  let last = 0;
  worker.onmessage = (event) => {
    const { id, ok, value } = event.data;
    if (id === undefined) {
      said(event.data);
      return;
    }
    const call = waiting.get(id);
    waiting.delete(id);
    if (ok) call?.resolve(value);
    else call?.reject(value);
  };
  /** @param {string} method @param {unknown[]} args */
  const ask = (method, args) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ id: last, method, args });
    });
  // `then` must stay absent, or a promise of the engine would call it as one.
  const proxy = new Proxy(/** @type {object} */ ({}), {
    get: (_, method) =>
      typeof method !== "string" || method === "then"
        ? undefined
        : (/** @type {unknown[]} */ ...args) => ask(method, args),
  });
  return /** @type {Engine} */ (proxy);
}
