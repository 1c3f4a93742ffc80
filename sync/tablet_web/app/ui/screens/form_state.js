// What a form on the page is made of: the archive it is about, what was typed, what is found with
// it, and the draft of it that is kept as it grows. A page only draws this.

import { asked, judged, keyOf, typedFor } from "../../forms/asked.js";
import { lastValues, prefilled } from "../../forms/prefill.js";
import { typedFrom } from "../../forms/typed.js";
import { words } from "../../words/zh/form.js";
import { hour } from "../../words/zh/time.js";
import { catalogue } from "../catalogue.js";
import { html, useCallback, useEffect, useMemo, useRef, useState } from "../html.js";
import { asFault, FaultBox } from "../parts/fault.js";
import { goesOn } from "./archive_opened.js";
import { Choosing } from "./form_ground.js";

/** @typedef {import("../../types.js").Archive} Archive */
/** @typedef {import("../../types.js").Engine} Engine */
/** @typedef {import("../../types.js").Status} Status */
/** @typedef {import("../../forms/kinds.d.ts").Kind} Kind */
/** @typedef {import("../../forms/typed.js").TypedForm} TypedForm */
/** @typedef {import("../../forms/typed.js").Typed} Typed */
/** @typedef {import("../../forms/prefill.js").Rules} Rules */
/** @typedef {import("../../forms/prefill.js").Written} Written */

/**
 * What somebody has done to the page so far; a draft keeps all of it.
 * @typedef {object} Paper
 * @property {TypedForm} typed
 * @property {string} on
 * @property {{ kind: "" | "card" | "consent" | "emergency", note: string }} ground
 * @property {{ id: string, what: "photo" | "signature" }[]} pictures
 */

/**
 * Everything that was fetched for the page.
 * @typedef {object} Opened
 * @property {Archive} archive
 * @property {import("../catalogue.js").Catalogue} catalogue
 * @property {Rules} rules
 * @property {Record<string, string>} names
 * @property {Kind[]} kinds
 * @property {import("../../types.js").Rec | null} amends
 * @property {Written[]} written
 * @property {number | null} restored When the draft was kept last.
 * @property {Paper} blank The page as it begins.
 * @property {Paper} first The page as it was left.
 */

/** @param {{ resident: string, kinds: string[], amends?: string }} params */
export const draftKey = ({ resident, kinds, amends }) =>
  ["form", resident, kinds.join("+"), amends ?? ""].join("/");

/** A form in the version in force on a day. @param {Rules} rules @param {string} id @param {string} on @returns {Kind | undefined} */
const inForce = (rules, id, on) =>
  rules.kinds.findLast((each) => each.id === id && each.valid_from <= on) ??
  rules.kinds.findLast((each) => each.id === id);

/** Answers of the archive's own page that forms ask again. @param {Archive} archive */
export function basicsOf(archive) {
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const cell of Object.values(archive.cells)) {
    if (cell.element || cell.shown == null) continue;
    found[cell.field] = cell.shown;
  }
  return found;
}

/** @param {Archive} archive @param {string} [but] @returns {Written[]} */
const writtenIn = (archive, but) =>
  archive.records
    .filter((each) => !each.voided && each.change !== but)
    .map(({ kind, v, on, body }) => ({ kind, v, on, body }));

/**
 * @param {{ engine: Engine, status: Status, resident: string, kinds: string[], amends?: string }} asks
 * @returns {Promise<Opened>}
 */
async function opened({ engine, status, resident, kinds: ids, amends }) {
  const key = draftKey({ resident, kinds: ids, ...(amends ? { amends } : {}) });
  const [archive, forms, names, draft] = await Promise.all([
    goesOn(resident) ? engine.again(resident) : engine.open(resident, "service"),
    catalogue(),
    engine.names(),
    engine.draft(key),
  ]);
  const rules = /** @type {Rules} */ (/** @type {unknown} */ (forms.raw));
  const before = amends ? (archive.records.find((each) => each.change === amends) ?? null) : null;
  const on = before?.on ?? status.today;
  const kinds = ids
    .map((id) => forms.kind(id, before?.v) ?? inForce(rules, id, on))
    .map((each) => /** @type {Kind} */ (/** @type {unknown} */ (each)))
    .filter(Boolean);
  const written = writtenIn(archive, amends);
  const kept = /** @type {Partial<Paper> | null} */ (draft?.typed ?? null);
  const blank = { on, ground: { kind: /** @type {const} */ (""), note: "" }, pictures: [] };
  const typed = before
    ? typedFrom(kinds[0]?.fields ?? [], before.body)
    : begun(rules, kinds, written, on, { archive, names, status });
  return {
    archive,
    catalogue: forms,
    rules,
    names,
    kinds,
    amends: before,
    written,
    restored: kept ? (draft?.at ?? null) : null,
    blank: { ...blank, typed },
    first: { ...blank, typed, ...kept },
  };
}

/**
 * @param {Rules} rules @param {Kind[]} kinds @param {Written[]} written @param {string} on
 * @param {{ archive: Archive, names: Record<string, string>, status: Status }} here
 * @returns {TypedForm}
 */
function begun(rules, kinds, written, on, here) {
  const { archive, status } = here;
  const basics = basicsOf(archive);
  const questions = questionsOf(kinds);
  /** @type {TypedForm} */
  const typed = {};
  for (const kind of [...kinds].reverse()) {
    const values = prefilled(rules, kind, written, on, basics);
    for (const [name, each] of Object.entries(typedFrom(kind.fields, values))) {
      typed[keyOf(kind, questions, name)] = each;
    }
    for (const { name, type, required } of kind.fields) {
      if (type.is !== "ref" || !required) continue;
      // Who writes it is who signs for it; where there is one choice, it is made.
      const ids = Object.keys(Choosing.of(type.to, here, status));
      const id = type.to === "staff" ? status.me : ids.length === 1 ? ids[0] : null;
      if (id) typed[keyOf(kind, questions, name)] ??= id;
    }
  }
  return typed;
}

/** @param {Kind[]} kinds */
const questionsOf = (kinds) =>
  asked(kinds, (kind) => [{ title: "", fields: kind.fields }]).flatMap((each) => each.questions);

/**
 * The draft on its way to the disk: at every stroke, one after the other; of strokes that come while
 * one is on its way the newest. When the page is hidden or left none is waited for.
 * @param {Engine} engine @param {{ key: string, resident: string, kinds: string[] }} about
 * @param {string} name whose it is, for the list of what is half written
 * @param {() => number} now
 */
export function useKept(engine, about, name, now) {
  const [state, setState] = useState({ at: /** @type {number | null} */ (null), lost: false });
  const waiting = useRef(/** @type {Paper | null} */ (null));
  const under = useRef(false);
  const ended = useRef(false);
  const flush = useCallback(async () => {
    const paper = waiting.current;
    waiting.current = null;
    if (!paper || ended.current) return;
    const at = now();
    under.current = true;
    try {
      await engine.keepDraft({ ...about, at, typed: { ...paper, name } });
      setState({ at, lost: false });
    } catch {
      waiting.current ??= paper;
      setState((before) => ({ ...before, lost: true }));
      return;
    } finally {
      under.current = false;
    }
    await flush();
  }, [engine, about.key]);
  useEffect(() => {
    const hidden = () => document.visibilityState === "hidden" && flush();
    document.addEventListener("visibilitychange", hidden);
    addEventListener("pagehide", flush);
    return () => {
      document.removeEventListener("visibilitychange", hidden);
      removeEventListener("pagehide", flush);
      flush();
    };
  }, [flush]);
  const keep = useCallback(
    (/** @type {Paper} */ paper) => {
      waiting.current = paper;
      if (!under.current) flush();
    },
    [flush],
  );
  /** The record has taken its place; what is still on its way is not kept any more. */
  const end = (/** @type {boolean} */ over) => {
    ended.current = over;
  };
  return { kept: state, keep, flush, end };
}

/**
 * @param {{ engine: Engine, status: Status, params: Record<string, any> }} props
 * @param {string[]} kinds
 */
export function useOpened({ engine, status, params }, kinds) {
  const { resident, amends } = params;
  const [got, setGot] = useState(/** @type {Opened | null} */ (null));
  const [fault, setFault] = useState(/** @type {import("../../types.js").Fault | null} */ (null));
  useEffect(() => {
    let here = true;
    opened({ engine, status, resident, kinds, ...(amends ? { amends } : {}) }).then(
      (found) => here && setGot(found),
      (error) => here && setFault(asFault(error)),
    );
    return () => {
      here = false;
    };
  }, []);
  return { got, fault };
}

/** What stands there until the form is open, or why it cannot be. @param {{ fault: import("../../types.js").Fault | null }} props */
export const Opening = ({ fault }) =>
  html`<main class="body">
    ${fault ? html`<${FaultBox} fault=${fault} />` : html`<p class="quiet">${words.opening}</p>`}
  </main>`;

/**
 * The page as it stands: what was typed and everything that follows from it.
 * @param {{ engine: Engine, status: Status }} props @param {Opened} got
 */
export function usePaper({ engine, status }, got) {
  const { archive, kinds, rules, catalogue: forms } = got;
  const [paper, setPaper] = useState(got.first);
  const [left, setLeft] = useState(/** @type {Set<string>} */ (new Set()));
  const [tried, setTried] = useState(false);
  const now = useRef(status.now);
  now.current = status.now;
  const ids = kinds.map(({ id }) => id);
  const resident = archive.line.id;
  const amends = got.amends?.change;
  const key = draftKey({ resident, kinds: ids, ...(amends ? { amends } : {}) });
  const about = { key, resident, kinds: ids };
  const { kept, keep, flush, end } = useKept(engine, about, archive.line.name, () => now.current);
  const change = (/** @type {(before: Paper) => Paper} */ by) =>
    setPaper((before) => {
      const after = by(before);
      keep(after);
      return after;
    });
  const sections = useMemo(
    () => asked(kinds, (kind) => forms.sections(/** @type {any} */ (kind))),
    [kinds],
  );
  const questions = useMemo(() => sections.flatMap((each) => each.questions), [sections]);
  const around = {
    on: paper.on,
    today: status.today,
    person: { sex: archive.line.sex, birth: archive.line.birth },
    written: got.written,
  };
  const found = useMemo(
    () => kinds.map((kind) => judged(rules, kind, typedFor(kind, questions, paper.typed), around)),
    [paper.typed, paper.on],
  );
  const last = useMemo(
    () => Object.assign({}, ...[...kinds].reverse().map((k) => lastBy(rules, k, questions, got))),
    [kinds],
  );
  return {
    ...{ paper, sections, questions, found, last, kept, key, left, tried, flush, end },
    set: (/** @type {string} */ name, /** @type {Typed} */ value) =>
      change((before) => ({
        ...before,
        typed: withNew(before.typed, got.blank.typed, name, value),
      })),
    change,
    leave: (/** @type {string} */ name) =>
      setLeft((before) => (before.has(name) ? before : new Set([...before, name]))),
    tryIt: () => setTried(true),
    restart: () => {
      engine.dropDraft(key).catch(() => {});
      setPaper(got.blank);
    },
  };
}

/** @typedef {ReturnType<typeof usePaper>} PaperState */

/** What is worked out of an answer, and may have been brought from a form where that answer was another. */
const FOLLOWS = /** @type {Record<string, string>} */ ({ weight: "bmi", height: "bmi" });

/**
 * An answer; a value that was only brought along and follows from it goes, to be worked out anew.
 * @param {TypedForm} typed @param {TypedForm} brought @param {string} name @param {Typed} value
 * @returns {TypedForm}
 */
export function withNew(typed, brought, name, value) {
  const after = { ...typed, [name]: value };
  const other = FOLLOWS[name];
  if (other && after[other] === brought[other]) delete after[other];
  return after;
}

/** The last values under the keys of the page. @param {Rules} rules @param {Kind} kind @param {import("../../forms/asked.js").Question[]} questions @param {Opened} got */
function lastBy(rules, kind, questions, got) {
  const found = lastValues(rules, kind, got.written);
  return Object.fromEntries(
    Object.entries(found).map(([name, each]) => [keyOf(kind, questions, name), each]),
  );
}

/** What the strip says of the draft. @param {PaperState["kept"]} kept */
export const keptWords = (kept) =>
  kept.lost ? words.notKept : kept.at === null ? words.keeping : words.kept(hour(kept.at));
