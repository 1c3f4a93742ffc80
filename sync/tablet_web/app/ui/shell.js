// The frame: what state the tablet is in, said in words on top; the rail at the thumb; between
// them one screen, fetched when it is first shown.

import { standing } from "../words/zh/banners.js";
import { railCount, strip, words } from "../words/zh/shell.js";
import { door } from "./gate.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { Banner } from "./parts/banner.js";
import { Button } from "./parts/button.js";
import { Empty } from "./parts/empty.js";
import { asFault, FaultBox } from "./parts/fault.js";
import { icon } from "./parts/icon.js";
import { SCREENS } from "./screens.js";
import { turn, useShared } from "./state.js";

/** @typedef {import("../types.js").Status} Status */
/** @typedef {import("../types.js").Engine} Engine */
/** @typedef {import("./router.js").Router} Router */

/** @param {{ status: Status, said: string }} props */
function Strip({ status, said }) {
  const { bold, say, push } = strip(status);
  const sign = status.sync.running ? "swap" : status.sync.online ? "cloud" : "off";
  return html`<header class="state">
    <b>${icon(sign)}<span aria-live="polite">${bold}</span></b>
    <span>${said || say}</span>
    <span class="push">${push}</span>
  </header>`;
}

/** @param {{ sign: import("./parts/icon.js").IconName, on?: boolean, pressed?: boolean, onClick: () => void, children?: any }} props */
function RailKey({ sign, on, pressed, onClick, children }) {
  return html`<button
    type="button"
    aria-current=${on ? "page" : undefined}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)}
    onClick=${onClick}
  >
    ${icon(sign)}<span>${children}</span>
  </button>`;
}

/** @param {{ status: Status, engine: Engine, router: Router, tab: string | undefined, daylight: boolean }} props */
function Rail({ status, engine, router, tab, daylight }) {
  const to = (/** @type {string} */ name) => () => router.go(name);
  const waiting = status.sync.waiting;
  return html`<nav class="rail" aria-label=${words.rail}>
    <${RailKey} sign="sun" pressed=${daylight} onClick=${() => turn({ daylight: !daylight })}>
      ${words.daylight}
    <//>
    <${RailKey} sign="lock" onClick=${() => engine.lock().catch(() => {})}>${words.lock}<//>
    <span class="gap"></span>
    <${RailKey} sign="settings" on=${tab === "settings"} onClick=${to("settings")}>
      ${words.settings}
    <//>
    ${SCREENS.people &&
    html`<${RailKey} sign="people" on=${tab === "people"} onClick=${to("people")}>
      ${words.people}
    <//>`}
    ${status.halls > 0 &&
    html`<${RailKey} sign="qr" on=${tab === "hall"} onClick=${to("hall")}>${words.hall}<//>`}
    <${RailKey} sign="cloud" on=${tab === "sync"} onClick=${to("sync")}>
      ${words.sync}${waiting > 0 && html` <b>${railCount(waiting)}</b>`}
    <//>
    <${RailKey} sign="home" on=${tab === "home"} onClick=${to("home")}>${words.home}<//>
  </nav>`;
}

/** What stands across the page, unless the page itself is about it. @param {{ status: Status, router: Router, name: string }} props */
function Standing({ status, router, name }) {
  const found = standing(status);
  if (!found || found.to === name || name === "wiped") return null;
  const { to, act } = found;
  const may = to && door(status.stage, to, SCREENS) === to;
  const action = may && html`<${Button} onClick=${() => router.go(to)}>${act}<//>`;
  return html`<${Banner}
    tone=${found.tone}
    sign=${found.sign}
    title=${found.title}
    action=${action}
  >
    ${found.next}
  <//>`;
}

/** The screen's own code, once it is here. @param {string} name */
function useScreen(name) {
  const [got, setGot] = useState(
    /** @type {{ name: string, draw: any, fault: import("../types.js").Fault | null } | null} */ (
      null
    ),
  );
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let wanted = true;
    const screen = SCREENS[name];
    const take = (/** @type {any} */ draw, /** @type {any} */ fault) =>
      wanted && setGot({ name, draw, fault });
    if (screen)
      screen.load().then(
        (draw) => take(draw, null),
        (error) => take(null, asFault(error)),
      );
    else take(null, null);
    return () => {
      wanted = false;
    };
  }, [name, tries]);
  return { got: got?.name === name ? got : null, again: () => setTries(tries + 1) };
}

function Missing() {
  return html`<main class="body">
    <${Empty} now=${words.not_yet_title} next=${words.not_yet_next} />
  </main>`;
}

/** @param {{ engine: Engine, router: Router }} props */
export function Shell({ engine, router }) {
  const shared = useShared();
  const page = useRef(/** @type {HTMLElement | null} */ (null));
  const status = /** @type {Status} */ (shared.status);
  const place = router.place;
  const name = door(status.stage, place.name, SCREENS);
  const screen = SCREENS[name];
  const { got, again } = useScreen(name);
  const railed = status.stage === "open" && !screen?.bare;
  // A hall has no network: its pages are fetched as soon as its list is here.
  useEffect(() => {
    if (status.halls && status.sync.online) SCREENS.hall?.load().catch(() => {});
  }, [status.halls > 0 && status.sync.online]);
  // Whoever goes by keyboard or is read to starts at the new page, not in the rail of the old one.
  useEffect(() => page.current?.focus({ preventScroll: true }), [name, place.step]);
  const props = {
    engine,
    status,
    params: place.params,
    changed: shared.changed,
    go: router.go.bind(router),
    replace: router.replace.bind(router),
    back: router.back.bind(router),
  };
  const body = !got
    ? html`<main class="body"><p class="quiet">${words.opening}</p></main>`
    : got.fault
      ? html`<main class="body">
          <${FaultBox}
            fault=${got.fault}
            action=${html`<${Button} onClick=${again}>${words.again}<//>`}
          />
        </main>`
      : got.draw
        ? html`<${got.draw} key=${`${name} ${place.step}`} ...${props} />`
        : html`<${Missing} />`;
  return html`<div class=${`app ${railed ? "" : "bare"}`}>
    <${Strip} status=${status} said=${shared.strip} />
    <div class="page" tabindex="-1" ref=${page}>
      <${Standing} status=${status} router=${router} name=${name} />
      ${body}
    </div>
    ${railed &&
    html`<${Rail}
      status=${status}
      engine=${engine}
      router=${router}
      tab=${screen?.tab}
      daylight=${shared.daylight}
    />`}
  </div>`;
}
