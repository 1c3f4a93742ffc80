// The engine's end of the line: takes calls one message at a time, answers each under its number.
// A failure crosses as a Fault; what is none (a bug) crosses as "broken", without its text, since
// a text could hold what somebody typed.

/** @typedef {import("../types.js").Engine} Engine */
/** @typedef {import("../types.js").Fault} Fault */

/**
 * @param {Engine} engine
 * @param {(message: unknown) => void} post
 * @param {{ id: number, method: string, args: unknown[] }} call
 */
export async function serve(engine, post, { id, method, args }) {
  try {
    const found = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (engine))[method];
    const none = method.startsWith("_") || method in Object.prototype;
    if (none || typeof found !== "function") throw { code: "no_such_call" };
    post({ id, ok: true, value: await found.apply(engine, args) });
  } catch (error) {
    post({ id, ok: false, value: faultOf(error) });
  }
}

/** @param {unknown} error @returns {Fault} */
export function faultOf(error) {
  if (error && typeof error === "object" && "code" in error && typeof error.code === "string") {
    const { code, say, facts } = /** @type {Fault} */ (error);
    return { code, ...(say ? { say } : {}), ...(facts ? { facts } : {}) };
  }
  const name = error instanceof Error ? error.name : "unknown";
  const full = name === "QuotaExceededError";
  return full ? { code: "storage_full" } : { code: "broken", facts: { error: name } };
}
