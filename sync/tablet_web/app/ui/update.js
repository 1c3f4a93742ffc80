// A new version of the app is taken when nothing is open that could be lost: while the tablet is
// locked, or nobody's. Until then the one that is here goes on.

import { get, set } from "./state.js";

/** @typedef {import("../types.js").Status} Status */

/** @type {ServiceWorkerRegistration | null} */
let kept = null;
let reloading = false;

/** @param {string} script As the Trusted Types policy lets it through. */
export async function keepApp(script) {
  if (!("serviceWorker" in navigator)) return;
  // The first one that takes charge of this page is no news: the page is of its version.
  let had = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (had && !reloading && mayTake(get().status?.stage)) {
      reloading = true;
      location.reload();
    }
    had = true;
  });
  try {
    kept = await navigator.serviceWorker.register(script, { updateViaCache: "none" });
  } catch {
    return; // Without one the app works while there is a network; the checks say so.
  }
  const look = () => {
    if (!kept?.waiting || !navigator.serviceWorker.controller) return;
    set({ update: "waiting" });
    takeNew(get().status?.stage);
  };
  kept.addEventListener("updatefound", () => {
    kept?.installing?.addEventListener("statechange", look);
  });
  look();
  addEventListener("online", () => kept?.update().catch(() => {}));
}

/** The browser would install the app: kept for the page that offers it. */
export function hearInstall() {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    const ask = /** @type {any} */ (event);
    set({
      install: () => {
        set({ install: null });
        ask.prompt();
      },
    });
  });
  addEventListener("appinstalled", () => set({ install: null }));
}

/** Asks the server whether there is a newer one. */
export async function lookForNew() {
  await kept?.update();
}

/** @param {Status["stage"] | undefined} stage */
function mayTake(stage) {
  return stage === "locked" || stage === "new" || stage === "wiped";
}

/** @param {Status["stage"] | undefined} stage */
export function takeNew(stage) {
  if (kept?.waiting && mayTake(stage)) {
    set({ update: "taken" });
    kept.waiting.postMessage("take-over");
  }
}

/** The mark of the version that is in charge. @returns {Promise<string>} */
export function version() {
  return new Promise((told) => {
    const keeper = navigator.serviceWorker?.controller;
    if (!keeper) {
      told("");
      return;
    }
    const hear = (/** @type {MessageEvent} */ event) => {
      if (typeof event.data?.version !== "string") return;
      navigator.serviceWorker.removeEventListener("message", hear);
      told(event.data.version);
    };
    navigator.serviceWorker.addEventListener("message", hear);
    navigator.serviceWorker.startMessages();
    keeper.postMessage("version");
  });
}
