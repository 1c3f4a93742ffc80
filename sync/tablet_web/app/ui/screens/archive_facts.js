// What the pages of one archive make of it: allergies, diseases, groups of records, what two people
// say, what the resident says. Pure; what is restricted is told apart here and nowhere else.

import { words } from "../../words/zh/archive.js";
import { fullYears } from "../ages.js";
import { elementText, fieldOf, fieldText, isPresent } from "./archive_values.js";

/** @typedef {import("../../types.js").Archive} Archive */
/** @typedef {import("../../types.js").Cell} Cell */
/** @typedef {import("../../types.js").Rec} Rec */
/** @typedef {import("../../types.js").Due} Due */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */
/** @typedef {import("../catalogue.js").Field} Field */
/** @typedef {import("./archive_values.js").Reader} Reader */
/** @typedef {keyof typeof words.groups} Group */

const STATEMENT = "statement";
const DECIDED_ELSEWHERE = ["identity", "terminal", "authority"];

/** @type {Record<string, Group>} */
const GROUP_OF = {
  htn_followup: "followup",
  dm_followup: "followup",
  copd_followup: "followup",
  copd_record: "followup",
  health_check: "checkup",
  disabled_check: "checkup",
  elder_selfcare: "checkup",
  elder_tcm: "checkup",
  newborn_visit: "child",
  child_check: "child",
  child_tcm: "child",
  vaccination: "child",
  antenatal_first: "mother",
  antenatal_next: "mother",
  postpartum_visit: "mother",
  postpartum_42: "mother",
  encounter: "visit",
  referral: "visit",
  fd_contract: "contract",
};

/** Whether a record or a cell's field belongs to the restricted part. @param {{ cls: string }} rec */
const isRestricted = (rec) => rec.cls !== "A";

/** Open records by group, newest first as they come; statements stand beside what they are about. @param {readonly Rec[]} records */
export function grouped(records) {
  /** @type {Map<Group, Rec[]>} */
  const made = new Map();
  for (const group of /** @type {Group[]} */ (Object.keys(words.groups))) made.set(group, []);
  for (const rec of records) {
    if (isRestricted(rec) || rec.kind === STATEMENT) continue;
    made.get(GROUP_OF[rec.kind] ?? "others")?.push(rec);
  }
  return [...made.entries()].filter(([, found]) => found.length);
}

/** @param {readonly Rec[]} records */
export const openRecords = (records) =>
  records.filter((rec) => !isRestricted(rec) && rec.kind !== STATEMENT);

/** @param {readonly Rec[]} records */
export const restrictedRecords = (records) =>
  records.filter((rec) => isRestricted(rec) && rec.kind !== STATEMENT);

/** The cells of one field that say something, an element of a set each. @param {Archive} archive @param {string} field @returns {Cell[]} */
export function cellsOf(archive, field) {
  return Object.values(archive.cells).filter((cell) => cell.field === field);
}

/** Elements of a set that are there. @param {Archive} archive @param {string} field */
const present = (archive, field) => cellsOf(archive, field).filter((cell) => isPresent(cell.shown));

/**
 * The allergies that the bar shows: also those which only one of two people says, or the resident.
 * @param {Archive} archive @param {Catalogue} catalogue @param {Reader} reader
 * @returns {{ state: "known" | "none" | "unknown", drugs: string[] }}
 */
export function allergies(archive, catalogue, reader) {
  const field = fieldOf(catalogue.register, "drug_allergy");
  const none = field?.type.none;
  const said = cellsOf(archive, "drug_allergy").filter(
    (cell) =>
      isPresent(cell.shown) || [...cell.heads, ...cell.claims].some((h) => isPresent(h.value)),
  );
  const drugs = said
    .filter((cell) => cell.element !== none)
    .map((cell) => (field ? elementText(field, cell.element, true, reader) : cell.element));
  const other = archive.cells.drug_allergy_other?.shown;
  const text = typeof other === "string" ? other.trim() : "";
  if (text) drugs.push(text);
  if (drugs.length) return { state: "known", drugs: [...new Set(drugs)].filter(named(text)) };
  return { state: said.length ? "none" : "unknown", drugs: [] };
}

/** 其他 says nothing once the text names the drug. @param {string} text */
const named = (text) => (/** @type {string} */ drug) => !text || drug !== OTHER;
const OTHER = words.other_drug;

/** Chronic diseases as the bar names them. @param {Archive} archive @param {Catalogue} catalogue @param {Reader} reader */
export function diseases(archive, catalogue, reader) {
  const field = fieldOf(catalogue.register, "hx_disease");
  const marks = fieldOf(catalogue.register, "special_group");
  /** @type {Set<string>} */
  const found = new Set();
  for (const cell of present(archive, "hx_disease")) {
    if (!field || cell.element === "1") continue;
    found.add(elementText(field, cell.element, true, reader));
  }
  for (const cell of present(archive, "special_group")) {
    if (marks && DISEASE_GROUPS.has(cell.element)) {
      found.add(elementText(marks, cell.element, true, reader));
    }
  }
  return [...found];
}

const DISEASE_GROUPS = new Set(["2", "3", "4"]); // hypertension, diabetes, COPD

/** Whether a treated patient's own targets hold: of pressure also for people with diabetes. @param {Archive} archive */
export function treated(archive) {
  const { marks } = archive.line;
  const glucose = marks.includes("diabetes");
  return { pressure: glucose || marks.includes("hypertension"), glucose };
}

/** Cells with two values, open ones only. @param {Archive} archive @param {Catalogue} catalogue @param {boolean} [restricted] */
export function conflicts(archive, catalogue, restricted = false) {
  return Object.values(archive.cells).filter(
    (cell) => cell.conflict && written(cell).length > 1 && inPart(cell, catalogue, restricted),
  );
}

/** The values of a cell that staff, a registrar or a list wrote: what the resident claims stands apart. @param {Cell} cell */
export const written = (cell) =>
  cell.heads.filter((head) => !cell.claims.some((claim) => claim.change === head.change));

/** Cells of which the resident says something else. @param {Archive} archive @param {Catalogue} catalogue @param {boolean} [restricted] */
export function claimed(archive, catalogue, restricted = false) {
  const found = Object.values(archive.cells).filter(
    (cell) => cell.claims.length && inPart(cell, catalogue, restricted),
  );
  const silent = new Set(found.map((cell) => noneBeside(archive, catalogue, cell)?.name));
  return found.filter((cell) => !silent.has(cell.name));
}

/**
 * Who says that there is an element says with it that "none" of its set is wrong: one word, so it
 * is shown once and both cells are answered with it.
 * @param {Archive} archive @param {Catalogue} catalogue @param {Cell} cell
 */
export function noneBeside(archive, catalogue, cell) {
  const none = fieldOf(catalogue.register, cell.field)?.type.none;
  if (!none || !cell.element || cell.element === none) return undefined;
  const beside = archive.cells[`${cell.field}/${none}`];
  const together = beside?.claims.some(({ change, value }) =>
    cell.claims.some(
      (claim) => claim.change === change && isPresent(claim.value) && !isPresent(value),
    ),
  );
  return together ? beside : undefined;
}

/** @param {Cell} cell @param {Catalogue} catalogue @param {boolean} restricted */
function inPart(cell, catalogue, restricted) {
  const field = fieldOf(catalogue.register, cell.field);
  return restricted === (field !== undefined && isRestricted({ cls: field.class }));
}

/** Whether the page may offer to decide a cell. @param {Cell} cell */
export const decidable = (cell) => !DECIDED_ELSEWHERE.includes(cell.policy);

/**
 * What the resident says beside open records or of the archive as a whole, newest first.
 * @param {Archive} archive @returns {{ rec: Rec | undefined, said: Rec }[]}
 */
export function statements(archive) {
  const open = archive.records.filter((rec) => !isRestricted(rec) && !rec.voided);
  /** @type {{ rec: Rec | undefined, said: Rec }[]} */
  const said = [];
  for (const rec of open) {
    if (rec.kind === STATEMENT) said.push({ rec: undefined, said: rec });
    else said.push(...rec.statements.map((each) => ({ rec, said: each })));
  }
  return said.sort((a, b) => b.said.at - a.said.at);
}

/** Due items in the order of their days: what can be done now, and what comes later. @param {readonly Due[]} dues @param {string} today @param {boolean} restricted */
export function duesOf(dues, today, restricted) {
  const own = dues
    .filter((due) => restricted === (due.cls !== "A"))
    .sort((a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : 0));
  const closed = (/** @type {Due} */ due) => due.closes !== null && due.closes < today;
  return {
    now: own.filter((due) => !due.done && due.opens <= today && !closed(due)),
    later: own.filter((due) => !due.done && due.opens > today),
    done: own.filter((due) => due.done),
  };
}

/**
 * The forms that what is due asks for, soonest first; a referral is written from a record.
 * @param {readonly Due[]} now @param {Catalogue} catalogue @param {string} today
 */
export function kindsDue(now, catalogue, today) {
  const begun = new Set(catalogue.begun(today).map((kind) => kind.id));
  const kinds = now.map((due) => catalogue.rule(due.rule)?.kinds.find((id) => begun.has(id)));
  return [...new Set(kinds.filter((id) => id !== undefined))].filter((id) => id !== STATEMENT);
}

export const COMBINED = ["htn_followup", "dm_followup"];

/** Two chronic diseases are followed up in one visit. @param {string[]} kinds */
export const combined = (kinds) => COMBINED.every((id) => kinds.includes(id));

/** What the resident says, and what is only ever written down beside another form. */
const NOT_BEGUN = [STATEMENT, "restricted_part"];

/** Every form somebody may begin here, by its label. @param {Catalogue} catalogue @param {string} today @param {boolean} restricted */
export function formsToBegin(catalogue, today, restricted) {
  return catalogue
    .begun(today)
    .filter((kind) => kind.subject === "resident" && kind.shape === "event")
    .filter((kind) => !NOT_BEGUN.includes(kind.id) && (restricted || kind.class === "A"));
}

const CHILDREN = ["newborn_visit", "child_check", "child_tcm"];
const SCHOOL_AGE = 7;
const ELDER_AGE = 65;

/** Whether a form can be about somebody of that sex and age. @param {string} id @param {{ sex: string, birth: string }} line @param {string} today */
export function suits(id, { sex, birth }, today) {
  if (GROUP_OF[id] === "mother") return sex !== "1";
  const age = birth ? fullYears(birth, today) : null;
  if (age === null) return true;
  if (CHILDREN.includes(id)) return age < SCHOOL_AGE;
  return !id.startsWith("elder_") || age >= ELDER_AGE;
}

/** The drugs of the newest follow-up that names any. @param {readonly Rec[]} records @param {Catalogue} catalogue @param {Reader} reader */
export function medicines(records, catalogue, reader) {
  const rec = openRecords(records).find((each) => !each.voided && Array.isArray(each.body.meds));
  const field = rec && catalogue.kind(rec.kind, rec.v)?.fields.find((each) => each.name === "meds");
  return rec && field ? fieldText(field, rec.body.meds, reader) : "";
}

/** A register cell by the name people know: 药物过敏史（青霉素）. @param {Cell} cell @param {Catalogue} catalogue */
export function cellName(cell, catalogue) {
  return fieldOf(catalogue.register, cell.field)?.label ?? cell.field;
}

/** The newest edit of a field: who, when. @param {readonly Cell[]} cells */
export function lastEdit(cells) {
  const heads = cells.flatMap(written);
  return heads.reduce((a, b) => (a && a.at >= b.at ? a : b), heads[0]);
}
