// The engine's end of the line: takes calls one message at a time, answers each under its number.
// A failure crosses as a Fault; what is none (a bug) crosses as "broken", without its text, since
// a text could hold what somebody typed.

/** @typedef {import("./engine.js").Engine} Engine */
/** @typedef {import("../types.js").Fault} Fault */

/**
 * @param {Engine} engine
 * @param {(message: unknown) => void} post
 * @param {{ id: number, method: string, args: unknown[] }} call
 */
export async function serve(engine, post, { id, method, args }) {
  try {
    post({ id, ok: true, value: await called(engine, method, args) });
  } catch (error) {
    post({ id, ok: false, value: faultOf(error) });
  }
}

/** What a page asks: of the engine, or of the part that knows checkup days. @param {Engine} engine @param {string} method @param {unknown[]} args */
export async function called(engine, method, args) {
  const asked = /^hall(?=[A-Z]|$)/.test(method) ? await engine._hall() : engine;
  const found = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (asked))[method];
  const none = method.startsWith("_") || method in Object.prototype;
  if (none || typeof found !== "function") throw { code: "no_such_call" };
  return found.apply(asked, args);
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
