// The only two addresses from which a script may be started: everything else is refused.

export const WORKERS = Object.freeze({
  keeper: "/tablet/sw.js",
  engine: "/tablet/app/engine/worker.js",
});

const types = /** @type {any} */ (globalThis).trustedTypes;
/** @param {string} url */
function make(url) {
  if (Object.values(WORKERS).some((one) => one === url)) return url;
  throw new TypeError("not a script of the app");
}

/** @type {{ createScriptURL(url: string): string }} */
export const scripts = types
  ? types.createPolicy("gongwei", { createScriptURL: make })
  : { createScriptURL: make };
