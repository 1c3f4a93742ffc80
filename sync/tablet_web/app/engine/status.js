// How it stands, in numbers: always to be had, also locked, and nothing of any resident in it.

import { dayOf } from "./civil.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("../types.js").Status} Status */
/** @typedef {import("../types.js").SyncState} SyncState */
/** @typedef {import("./ledger.js").Ledger} Ledger */
/**
 * @typedef {{ ledger: Ledger, courier: import("./courier.js").Courier,
 *   photos: import("./photos.js").Photos, world: import("../types.js").World, me: Hex | null,
 *   staff: import("../types.js").StaffHere[], enrolling: boolean,
 *   storage: { persisted: boolean, used: number, quota: number } }} Parts
 */

const DAY_MS = 86_400_000;
const CLOCK_WARN_MS = 600_000;

/** Server time as this tablet believes it; never before what a server has said. @param {Ledger} ledger @param {number} now */
export function serverTime({ state }, now) {
  return state ? Math.max(now + (state.offset ?? 0), state.server_now) : now;
}

/** @param {Ledger} ledger @param {number} now */
export function leaseOver(ledger, now) {
  const { state } = ledger;
  return Boolean(state && state.last && state.lease <= serverTime(ledger, now));
}

/** As the last exchange of this run has measured it; before one, what cannot be. @param {Ledger} ledger @param {number} now */
function clockOff({ state }, now) {
  if (!state) return 0;
  if (state.offset !== null) return state.clock_off;
  const behind = state.server_now - now;
  return behind > CLOCK_WARN_MS ? behind : 0;
}

/** @param {Parts} parts @returns {Status} */
export function statusOf({ ledger, courier, photos, world, me, staff, enrolling, storage }) {
  const { state, app } = ledger;
  const now = world.clock();
  return {
    stage: stageOf(ledger, me, enrolling),
    now,
    today: dayOf(serverTime(ledger, now)),
    staff,
    me,
    device: state?.device ?? null,
    facility: state?.facility_name ?? "",
    panels: (state?.panels ?? []).map(({ id, name }) => ({ id, name })),
    restricted: state?.restricted ?? false,
    suite: state?.suite ?? null,
    sync: syncOf(ledger, courier, photos, world, me),
    storage: { ...storage, full: ledger.full, rescue_on: app.rescue_on },
    lease: state?.lease ?? 0,
    lease_over: leaseOver(ledger, now),
    clock_off: clockOff(ledger, now),
    idle_minutes: app.idle_minutes,
    position_on: app.position_on,
    halls: Object.keys(state?.halls ?? {}).length,
    wiped_why: app.wiped_why,
  };
}

/** @param {Ledger} ledger @param {Hex | null} me @param {boolean} enrolling @returns {Status["stage"]} */
function stageOf({ state, app }, me, enrolling) {
  if (enrolling) return "enrolling";
  if (app.wiped_why) return "wiped";
  if (!state) return "new";
  return me ? "open" : "locked";
}

/**
 * @param {Ledger} ledger @param {Parts["courier"]} courier @param {Parts["photos"]} photos
 * @param {Parts["world"]} world @param {Hex | null} me
 * @returns {SyncState}
 */
function syncOf(ledger, courier, photos, world, me) {
  const { state, app } = ledger;
  const now = world.clock();
  const own = ledger.rows("own").map(([id, row]) => ({ id, ...row }));
  const waiting = own.filter((each) => each.state === "open" || each.state === "sent");
  const sealed = sealedOnly(ledger, new Set(own.map((each) => each.id)));
  const ready = ledger.rows("batch").filter(([, row]) => row.state === "ready" && !row.posted);
  const times = [...waiting.map((each) => each.at), ...sealed.map((each) => each.oldest)];
  const open = waiting.filter((each) => each.state === "open" && each.staff !== me);
  const fates = ledger.rows("fate").map(([, row]) => row.state);
  const count = (/** @type {string} */ said) => fates.filter((each) => each === said).length;
  return {
    waiting: waiting.length + sealed.reduce((sum, each) => sum + each.count, 0),
    oldest: times.length ? Math.min(...times) : null,
    waiting_of_others: me ? waiting.filter((each) => each.staff !== me).length : waiting.length,
    last: state?.last || null,
    running: courier.running,
    failures: courier.failures,
    next_try: courier.nextTry,
    online: world.online(),
    held: count("held"),
    conflicts: count("conflict"),
    proposals: count("proposal"),
    quarantined: count("quarantined"),
    unread: own.filter((each) => each.state === "kept").length,
    photos_waiting: photos.waitingCount,
    ready_batches: ready.length,
    needs: [...new Set(open.map((each) => each.staff))],
    snapshot: snapshotOf(ledger),
    fault: faultOf(ledger, courier, now),
    audit_alarm: state?.audit_alarm ?? false,
    behind: state?.behind ?? false,
    suspended: state?.suspended ?? false,
    rescue_due: app.rescue_on && ready.length > 0 && now - app.last_rescue > DAY_MS,
    last_rescue: app.last_rescue || null,
  };
}

/** Batches that wait and whose changes can no longer be read here. @param {Ledger} ledger @param {Set<Hex>} own */
function sealedOnly(ledger, own) {
  return ledger
    .rows("batch")
    .filter(([, row]) => (row.state === "ready" || row.state === "stale") && !row.posted)
    .map(([, row]) => ({ oldest: row.oldest, count: row.ids.filter((id) => !own.has(id)).length }))
    .filter((each) => each.count > 0);
}

/** @param {Ledger} ledger @returns {SyncState["snapshot"]} */
function snapshotOf({ state, entries }) {
  if (!state) return null;
  const cursors = Object.values(state.cursors);
  const lanes = cursors.map(({ epoch, snap }) => (epoch === 0 ? 0 : snap ? snap.lane : 3));
  const lane = Math.min(...lanes, 3);
  return lane < 3 ? { lane, residents: entries.size, records: state.records } : null;
}

/** @param {Ledger} ledger @param {Parts["courier"]} courier @param {number} now */
function faultOf({ state }, courier, now) {
  const refused = state?.refused_since ?? 0;
  // For a day it may be anything on the way; then somebody must look.
  if (refused && now - refused > DAY_MS) {
    return { code: "refused_for_days", facts: { days: Math.floor((now - refused) / DAY_MS) } };
  }
  return courier.fault ?? (state?.kept_from ? { code: state.kept_from } : null);
}
