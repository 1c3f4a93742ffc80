// Where the app goes on once it is whole (boot.js): the one window that may be live, the
// engine behind its worker, and the pages.

import { words } from "../words/zh/shell.js";
import { html, render } from "./html.js";
import { Button } from "./parts/button.js";
import { Router } from "./router.js";
import { connect } from "./rpc.js";
import { scripts, WORKERS } from "./scripts.js";
import { Shell } from "./shell.js";
import { get, set, useShared, wear } from "./state.js";
import { hearInstall, keepApp, takeNew } from "./update.js";

const ONE_WINDOW = "gongwei-tablet";
const SECOND_MS = 700;
const TOUCH_MS = 10_000;

/** Resolves when this is the only live window; says so while it is not. @returns {Promise<void>} */
function aloneHere() {
  if (!navigator.locks) return Promise.resolve();
  return new Promise((alone) => {
    const late = setTimeout(() => set({ trouble: "second" }), SECOND_MS);
    navigator.locks.request(ONE_WINDOW, () => {
      clearTimeout(late);
      set({ trouble: "" });
      alone();
      // Held until the window is gone.
      return new Promise(() => {});
    });
  });
}

/** @param {import("../types.js").Said} said @param {Router} router */
function hear(said, router) {
  if (said.event === "changed") {
    set({ changed: { residents: said.residents } });
    return;
  }
  if (said.event === "hall") {
    set({ hall: { days: said.days } });
    return;
  }
  const before = get().status?.stage;
  set({ status: said.status });
  if (before === "open" && said.status.stage !== "open") router.reset();
  takeNew(said.status.stage);
}

/** @param {import("../types.js").Engine} engine */
function tellTouches(engine) {
  let last = 0;
  const touched = () => {
    if (get().status?.stage !== "open" || Date.now() - last < TOUCH_MS) return;
    last = Date.now();
    engine.touch().catch(() => {});
  };
  addEventListener("pointerdown", touched, { passive: true });
  addEventListener("keydown", touched, { passive: true });
}

/** A network that comes or goes is said at once: the engine has no word for it by itself. @param {import("../types.js").Engine} engine */
function tellNetwork(engine) {
  const ask = () =>
    engine
      .status()
      .then((status) => set({ status }))
      .catch(() => {});
  for (const change of ["online", "offline"]) addEventListener(change, ask);
}

/** @param {{ title: string, now: string, next: string, again?: boolean }} props */
function Notice({ title, now, next, again }) {
  return html`<div class="app bare">
    <div class="page">
      <main class="body notice">
        <h1>${title}</h1>
        <p>${now}</p>
        <p>${next}</p>
        ${again &&
        html`<p><${Button} main onClick=${() => location.reload()}>${words.again}<//></p>`}
      </main>
    </div>
  </div>`;
}

/** @param {{ engine: import("../types.js").Engine | null, router: Router | null }} props */
function App({ engine, router }) {
  const { trouble, status } = useShared();
  if (trouble === "second") {
    return html`<${Notice}
      title=${words.second_title}
      now=${words.second_now}
      next=${words.second_next}
    />`;
  }
  if (trouble === "no_engine") {
    return html`<${Notice}
      title=${words.engine_title}
      now=${words.engine_now}
      next=${words.engine_next}
      again
    />`;
  }
  if (!engine || !router || !status) {
    return html`<div class="app bare">
      <div class="page">
        <main class="body">
          <p class="quiet">${words.opening}</p>
        </main>
      </div>
    </div>`;
  }
  return html`<${Shell} engine=${engine} router=${router} />`;
}

async function start() {
  const root = /** @type {HTMLElement} */ (document.getElementById("app"));
  const draw = (/** @type {any} */ engine, /** @type {any} */ router) =>
    render(html`<${App} engine=${engine} router=${router} />`, root);
  wear();
  hearInstall();
  draw(null, null);
  await aloneHere();
  keepApp(scripts.createScriptURL(WORKERS.keeper));
  const router = new Router(history, () => set({}), Date.now());
  addEventListener("popstate", (event) => router.moved(event.state));
  const worker = new Worker(scripts.createScriptURL(WORKERS.engine), { type: "module" });
  // Once it has answered, a fault in it belongs to one call and not to the whole app.
  worker.onerror = () => get().status === null && set({ trouble: "no_engine" });
  const engine = connect(worker, (said) => hear(said, router));
  tellTouches(engine);
  tellNetwork(engine);
  draw(engine, router);
  try {
    hear({ event: "status", status: await engine.status() }, router);
  } catch {
    set({ trouble: "no_engine" });
  }
}

start();
