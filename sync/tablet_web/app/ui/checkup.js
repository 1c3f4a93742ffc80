// What this browser can do, looked at and not asked of its name.

/** @typedef {import("../types.js").Checkup} Checkup */
/** @typedef {import("../types.js").Suite} Suite */

const READY_MS = 8000;

/** Whether the keys of a suite can be made here. @param {any[]} names */
async function makes(names) {
  try {
    for (const [name, uses] of names) await crypto.subtle.generateKey(name, false, uses);
    return true;
  } catch {
    return false;
  }
}

/** @returns {Promise<Suite[]>} */
export async function suites() {
  if (!globalThis.crypto?.subtle) return [];
  const one = await makes([
    [{ name: "X25519" }, ["deriveBits"]],
    [{ name: "Ed25519" }, ["sign"]],
  ]);
  const three = await makes([
    [{ name: "ECDH", namedCurve: "P-256" }, ["deriveBits"]],
    [{ name: "ECDSA", namedCurve: "P-256" }, ["sign"]],
  ]);
  /** @type {Suite[]} */
  const found = [];
  if (one) found.push(1);
  if (three) found.push(3);
  return found;
}

/** @returns {Promise<boolean>} */
function keeps() {
  return new Promise((told) => {
    try {
      const name = "gongwei-checkup";
      const open = indexedDB.open(name);
      open.onerror = () => told(false);
      open.onsuccess = () => {
        open.result.close();
        indexedDB.deleteDatabase(name);
        told(true);
      };
    } catch {
      told(false);
    }
  });
}

/** The keeper of the app is in place: it starts without a network. */
async function kept() {
  if (!("serviceWorker" in navigator)) return false;
  const late = new Promise((told) => setTimeout(() => told(null), READY_MS));
  return Boolean(await Promise.race([navigator.serviceWorker.ready, late]));
}

async function sees() {
  try {
    const found = await navigator.mediaDevices.enumerateDevices();
    return found.some((each) => each.kind === "videoinput");
  } catch {
    return false;
  }
}

/** @returns {Promise<Checkup>} */
export async function checkup() {
  const [ready, able, indexed, camera, persisted] = await Promise.all([
    kept(),
    suites(),
    keeps(),
    sees(),
    navigator.storage?.persisted?.() ?? false,
  ]);
  return {
    service_worker: ready,
    webcrypto: able.length > 0,
    camera,
    persisted,
    indexeddb: indexed,
    secure: globalThis.isSecureContext,
    suites: able,
  };
}

/** Asks the browser to keep what is stored here. */
export async function persist() {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}

/** Without one of these the app must not be enrolled. @param {Checkup} found */
export function passes(found) {
  return found.secure && found.service_worker && found.webcrypto && found.indexeddb;
}
