// The body of an envelope: the changes byte for byte as they were saved, and beside them what was
// known then, in which run of the app and where the tablet was (PROTOCOL 5, Batch).

import { base64, unhex, utf8 } from "../wire/bytes.js";

/** @typedef {import("../types.js").Hex} Hex */
/** @typedef {import("./ledger.js").Step} Step */
/** @typedef {import("./outbox.js").Own} Own */
/** @typedef {import("./rows.js").OwnPlain} OwnPlain */

/**
 * @param {Step} step
 * @param {Record<string, unknown>} said all members but those that come with the changes
 * @param {Own[]} rows
 * @param {OwnPlain[]} plain of the same changes
 */
export function batchBytes(step, said, rows, plain) {
  const known = new Places();
  const sessions = new Places();
  const marks = rows.map(([, own], at) => [
    sessions.of(own.session),
    known.of(JSON.stringify(knownOnWire(plain[at].known))),
  ]);
  /** @type {Record<string, unknown>} */
  const members = { ...said };
  if (rows.length) {
    members.sessions = sessions.all.map((id) => sessionOnWire(step, id));
    members.known = known.all.map((each) => JSON.parse(each));
    if (marks.some(([a, b]) => a || b)) members.marks = marks;
    const positions = plain.flatMap(({ position }, at) =>
      position ? [[at, position.lat, position.lon, position.acc, position.at]] : [],
    );
    if (positions.length) members.positions = positions;
  }
  const head = JSON.stringify(members);
  if (!rows.length) return utf8(head);
  const changes = plain.map((each) => each.raw).join(",");
  return utf8(`${head.slice(0, -1)},"changes":[${changes}]}`);
}

/** Each thing once, by the order in which it was first named. */
class Places {
  constructor() {
    /** @type {Map<string, number>} */
    this._at = new Map();
  }

  /** @param {string} name */
  of(name) {
    const at = this._at.get(name) ?? this._at.size;
    this._at.set(name, at);
    return at;
  }

  get all() {
    return [...this._at.keys()];
  }
}

/** @param {OwnPlain["known"]} known */
function knownOnWire({ panel, epoch, csn, at }) {
  return { panel: base64(unhex(panel)), epoch, csn, at };
}

/** @param {Step} step @param {Hex} id */
function sessionOnWire(step, id) {
  const row = step.get("session", id);
  const { wall, mono, offset, sigma } = row ?? { wall: 0, mono: 0, offset: null, sigma: 0 };
  return { id: base64(unhex(id)), wall, mono, offset, sigma };
}
