// The first visit: the keeper takes the whole app in one piece before anything of it runs, so that
// nothing crosses a bad line twice. Later visits find it in charge and go on at once.

import { scripts, WORKERS } from "./scripts.js";

const PATIENCE_MS = 60_000;

/** Resolves when the keeper has the app, or will not have it: then it works while there is a line. */
function kept() {
  const keeper = navigator.serviceWorker;
  if (!keeper || keeper.controller) return Promise.resolve();
  return new Promise((/** @type {(_: void) => void} */ go) => {
    keeper.addEventListener("controllerchange", () => go(), { once: true });
    setTimeout(go, PATIENCE_MS);
    const url = scripts.createScriptURL(WORKERS.keeper);
    keeper.register(url, { updateViaCache: "none" }).then(
      ({ active, installing, waiting }) => {
        // Loaded past a keeper that is there: it takes no charge of this page any more.
        if (active && !installing && !waiting) go();
        installing?.addEventListener("statechange", () => installing.state === "redundant" && go());
      },
      () => go(),
    );
  });
}

kept().then(() => import("./main.js"));
