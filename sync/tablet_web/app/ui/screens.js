// Every screen by its name. A screen is a function component and takes Props; it is fetched when
// it is first shown (the service worker has it already). Each owner adds lines of their own.

/** @typedef {import("../types.js").Engine} Engine */
/** @typedef {import("../types.js").Status} Status */
/** @typedef {import("../types.js").Hex} Hex */

/**
 * @typedef {object} Props
 * @property {Engine} engine
 * @property {Status} status
 * @property {(name: string, params?: Record<string, any>) => void} go
 * @property {(name: string, params?: Record<string, any>) => void} replace
 * @property {() => void} back
 * @property {Record<string, any>} params What `go` was given.
 * @property {{ residents: Hex[] } | null} changed Another object each time something came in.
 */

/**
 * @typedef {object} Screen
 * @property {() => Promise<(props: Props) => any>} load
 * @property {"home" | "people" | "hall" | "sync" | "settings"} [tab] Which place of the rail it belongs to.
 * @property {boolean} [bare] Without the rail: a form has two ways out, both of its own.
 * @property {boolean} [shut] Also to be seen while the tablet is locked, or is nobody's.
 */

/** @type {Record<string, Screen>} */
export const SCREENS = {
  welcome: {
    load: () => import("./screens/welcome.js").then((m) => m.Welcome),
    shut: true,
  },
  enrol: { load: () => import("./screens/enrol.js").then((m) => m.Enrol), shut: true },
  unlock: { load: () => import("./screens/unlock.js").then((m) => m.Unlock), shut: true },
  wiped: { load: () => import("./screens/wiped.js").then((m) => m.Wiped), shut: true },
  rescue: {
    load: () => import("./screens/rescue.js").then((m) => m.Rescue),
    tab: "sync",
    shut: true,
  },
  home: { load: () => import("./screens/home.js").then((m) => m.Home), tab: "home" },
  people: { load: () => import("./screens/people.js").then((m) => m.People), tab: "people" },
  archive: { load: () => import("./screens/archive.js").then((m) => m.Archive), tab: "people" },
  assist: { load: () => import("./screens/assist.js").then((m) => m.Assist), tab: "people" },
  assist_act: {
    load: () => import("./screens/assist_act.js").then((m) => m.AssistAct),
    bare: true,
  },
  assist_docket: {
    load: () => import("./screens/assist_docket.js").then((m) => m.AssistDocket),
    bare: true,
  },
  hall: { load: () => import("./hall/hall.js").then((m) => m.Hall), tab: "hall" },
  sync: { load: () => import("./screens/sync.js").then((m) => m.Sync), tab: "sync" },
  staff: { load: () => import("./screens/staff.js").then((m) => m.Staff), tab: "settings" },
  settings: {
    load: () => import("./screens/settings.js").then((m) => m.Settings),
    tab: "settings",
  },
  form: { load: () => import("./screens/form.js").then((m) => m.Form), bare: true },
  visit: { load: () => import("./screens/visit.js").then((m) => m.Visit), bare: true },
  new_resident: {
    load: () => import("./screens/new_resident.js").then((m) => m.NewResident),
    bare: true,
  },
};
