// Who leaves: panels that are carried no longer, and the word that nothing of somebody is here.

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./ledger.js").Step} Step */

/**
 * A panel of which no page comes while others do is carried no longer: its residents leave.
 * @param {Step} step
 * @param {import("./answer.js").Page[]} pages
 * @param {Set<Hex>} touched
 */
export function dropPanels(step, pages, touched) {
  const state = step.facts;
  const came = new Set(pages.map((each) => each.panel));
  for (const panel of Object.keys(state.cursors)) {
    if (came.has(panel)) continue;
    for (const entry of step.everybody()) {
      if (!entry.panels.includes(panel)) continue;
      const rest = entry.panels.filter((each) => each !== panel);
      if (rest.length) step.putEntry({ ...entry, panels: rest });
      else {
        step.forget(entry.id);
        step.entries.set(entry.id, null);
        step.put("gone", entry.id, { at: 0, panel });
      }
      touched.add(entry.id);
    }
    delete state.cursors[panel];
    delete state.ask[panel];
    state.panels = state.panels.filter((each) => each.id !== panel);
  }
}

/**
 * Residents that left are purged; that is stated once no own change on them waits for a receipt.
 * @param {Step} step
 * @param {import("./own.js").OwnChanges} own
 * @param {number} now
 */
export async function letGo(step, own, now) {
  const gone = step.rows("gone").filter(([, row]) => row.at === 0);
  if (!gone.length) return;
  /** @type {Set<Hex>} */
  const waits = new Set();
  /** @type {Map<Hex, Hex[]>} */
  const done = new Map();
  const rows = step.rows("own");
  const plain = await own.plain(rows);
  for (const [at, [id, row]] of rows.entries()) {
    const { resident } = plain[at];
    if (row.state === "open" || row.state === "sent") waits.add(resident);
    else if (row.state !== "kept") done.set(resident, [...(done.get(resident) ?? []), id]);
  }
  for (const [who, row] of gone) {
    if (waits.has(who)) continue;
    step.put("gone", who, { ...row, at: now || 1 }); // 0 is not yet
    for (const id of done.get(who) ?? []) step.put("own", id);
    // Pictures that still wait are for the server alone from now on.
    for (const [id, photo] of step.rows("photo")) {
      if (photo.resident === who) step.put("photo", id, { ...photo, sealed: new Uint8Array(0) });
    }
  }
}
