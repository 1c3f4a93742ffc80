// What is typed at a station: the forms of the exported catalogue, cut to the station's fields, and
// what is to be said of the answers. Kept as a draft at every stroke.

import { isAskedNow, judged } from "../../forms/asked.js";
import { catalogue } from "../catalogue.js";
import { useEffect, useMemo, useRef, useState } from "../html.js";
import { asFault } from "../parts/fault.js";
import { Choosing } from "../screens/form_ground.js";
import { withNew } from "../screens/form_state.js";

/** @typedef {import("./ground.js").Here} Here */
/** @typedef {import("../../forms/kinds.d.ts").Kind} Kind */
/** @typedef {import("../../forms/kinds.d.ts").Field} Field */
/** @typedef {import("../../forms/kinds.d.ts").Fault} Fault */
/** @typedef {import("../../forms/typed.js").TypedForm} TypedForm */
/** @typedef {import("../../forms/asked.js").Judged} Judged */
/** @typedef {import("../../types.js").HallPerson} HallPerson */
/** @typedef {import("../../types.js").HallStation} HallStation */

/**
 * One form of the station.
 * @typedef {object} Part
 * @property {Kind} kind
 * @property {boolean} whole All of the form: what it asks for has to be there.
 * @property {Set<string>} names Of the fields asked here.
 * @property {{ title: string, fields: Field[] }[]} sections
 */
/** @typedef {{ forms: TypedForm[], urgent: string[] }} Typed */
/** @typedef {{ field: string, name: string, sentence: string }} Critical */

/** So long after the last stroke a number counts as typed: 1 and 18 are not yet 182. */
const TYPED_MS = 350;

/** @param {string} day @param {string} who @param {string} station */
export const draftKey = (day, who, station) => `hall.${day}.${who}.${station}`;

/** @param {HallStation} station @returns {Promise<{ parts: Part[], rules: any }>} */
async function partsOf(station) {
  const forms = await catalogue();
  const parts = station.forms.flatMap(({ kind: id, v, fields }) => {
    const kind = forms.kind(id, v);
    if (!kind) return [];
    const names = new Set(fields.length ? fields : kind.fields.map(({ name }) => name));
    const sections = forms
      .sections(kind)
      .map((each) => ({ ...each, fields: each.fields.filter(({ name }) => names.has(name)) }))
      .filter((each) => each.fields.length);
    return [/** @type {any} */ ({ kind, whole: fields.length === 0, names, sections })];
  });
  return { parts, rules: forms.raw };
}

/** Who fills it in signs for it. @param {Part[]} parts @param {Here["status"]} status @returns {Typed} */
function blank(parts, status) {
  const forms = parts.map(({ kind, names }) => {
    /** @type {TypedForm} */
    const typed = {};
    for (const { name, type } of kind.fields) {
      if (names.has(name) && type.is === "ref" && type.to === "staff" && status.me) {
        typed[name] = status.me;
      }
    }
    return typed;
  });
  return { forms, urgent: [] };
}

/** @param {Here} here @param {HallPerson} person @param {HallStation} station */
export function useOpened(here, person, station) {
  const { engine, view, status } = here;
  const [got, setGot] = useState(
    /** @type {{ parts: Part[], rules: any, first: Typed, names: Record<string, string>, restored: number | null } | null} */ (
      null
    ),
  );
  const [fault, setFault] = useState(/** @type {import("../../types.js").Fault | null} */ (null));
  useEffect(() => {
    let here = true;
    const key = draftKey(view.day, person.who, station.id);
    Promise.all([partsOf(station), engine.draft(key), engine.names()]).then(
      ([{ parts, rules }, draft, names]) => {
        const kept = /** @type {Typed | undefined} */ (/** @type {unknown} */ (draft?.typed));
        const fits = kept?.forms?.length === parts.length;
        const first = fits && kept ? kept : blank(parts, status);
        if (here)
          setGot({ parts, rules, first, names, restored: fits ? (draft?.at ?? null) : null });
      },
      (error) => here && setFault(asFault(error)),
    );
    return () => {
      here = false;
    };
  }, []);
  return { got, fault };
}

/** @typedef {NonNullable<ReturnType<typeof useOpened>["got"]>} Opened */

/** Faults of one part that are to be said here. @param {Part} part @param {Judged} found */
const faultsOf = ({ names, whole }, { faults }) =>
  faults.filter((each) => {
    const name = each.field.split("/")[0] ?? "";
    return names.has(name) && (whole || each.code !== "missing");
  });

/** What the part wrote: the station's own fields. @param {Part} part @param {Judged} found */
const valuesOf = ({ names }, { body }) =>
  Object.fromEntries(Object.entries(body).filter(([name]) => names.has(name)));

/** Whether somebody typed anything but what stood there. @param {TypedForm} typed @param {Part} part */
const written = (typed, { kind }) =>
  kind.fields.some(({ name, type }) => {
    const value = typed[name];
    return type.is !== "ref" && value !== undefined && value.length > 0;
  });

/**
 * The sheet as it stands.
 * @param {Here} here @param {HallPerson} person @param {HallStation} station @param {Opened} got
 */
export function useSheet(here, person, station, got) {
  const { engine, view, status, sound } = here;
  const { parts, rules } = got;
  const [typed, setTyped] = useState(got.first);
  const [left, setLeft] = useState(/** @type {string[]} */ ([]));
  const [tried, setTried] = useState(false);
  const key = draftKey(view.day, person.who, station.id);
  const ended = useRef(false);
  const change = (/** @type {(before: Typed) => Typed} */ by) =>
    setTyped((before) => {
      const after = by(before);
      if (!ended.current) {
        const kept = { key, resident: person.who, kinds: [], at: status.now };
        engine.keepDraft({ ...kept, typed: /** @type {any} */ (after) }).catch(() => {});
      }
      return after;
    });
  const around = {
    on: view.on,
    today: status.today,
    person: { sex: person.sex, birth: person.birth },
    written: [],
  };
  const found = useMemo(
    () => parts.map(({ kind }, at) => judged(rules, kind, typed.forms[at] ?? {}, around)),
    [typed],
  );
  const values = useMemo(
    () => parts.map((part, at) => valuesOf(part, /** @type {Judged} */ (found[at]))),
    [found],
  );
  const critical = useCritical(here, parts, values, found, typed.urgent);
  useEffect(() => {
    if (critical.length) sound("critical");
  }, [critical.map(({ field, name }) => field + name).join()]);
  const faults = parts.map((part, at) => faultsOf(part, /** @type {Judged} */ (found[at])));
  return {
    ...{ typed, parts, found, values, critical, faults, left, tried },
    wrote: parts.map((part, at) => written(typed.forms[at] ?? {}, part)),
    set: (/** @type {number} */ at, /** @type {string} */ name, /** @type {any} */ value) =>
      change((before) => ({
        ...before,
        forms: before.forms.map((form, n) => (n === at ? withNew(form, {}, name, value) : form)),
      })),
    setUrgent: (/** @type {string[]} */ urgent) => change((before) => ({ ...before, urgent })),
    leave: (/** @type {string} */ id) => setLeft((before) => [...before, id]),
    tryIt: () => setTried(true),
    end: async () => {
      ended.current = true;
      await engine.dropDraft(key).catch(() => {});
    },
  };
}

/** @typedef {ReturnType<typeof useSheet>} Sheet */

/**
 * Values that somebody must act on at once, as they are typed; only such as may be true.
 * @param {Here} here @param {Part[]} parts @param {Record<string, unknown>[]} values
 * @param {Judged[]} found @param {string[]} urgent
 * @returns {Critical[]}
 */
function useCritical({ engine, view }, parts, values, found, urgent) {
  const [critical, set] = useState(/** @type {Critical[]} */ ([]));
  const last = useRef(0);
  useEffect(() => {
    last.current += 1;
    const mine = last.current;
    const later = setTimeout(() => {
      const asked = parts.map(({ kind }, at) => {
        const sound = found[at]?.sound ?? {};
        const sure = Object.entries(values[at] ?? {}).filter(([name]) => name in sound);
        if (!sure.length) return [];
        return engine.hallCritical(view.day, kind.id, Object.fromEntries(sure));
      });
      Promise.all(asked).then(
        (all) => mine === last.current && set(all.flat()),
        () => {},
      );
    }, TYPED_MS);
    return () => clearTimeout(later);
  }, [values]);
  const seen = urgent.map((code) => {
    const label = view.stations.flatMap((each) => each.urgent).find((each) => each.code === code);
    return { field: `urgent:${code}`, name: code, sentence: label?.label ?? code };
  });
  return [...critical, ...seen];
}

/** Whether a question is asked now. @param {Judged} found @param {Field} field @param {TypedForm} typed */
export const isShown = ({ kind, sound, known }, field, typed) =>
  Boolean(typed[field.name]?.length) || isAskedNow(kind, field, sound, known);

/** What a reference may name. @param {Field} field @param {Here["status"]} status @param {Record<string, string>} names */
export const choicesOf = ({ type }, status, names) =>
  type.is === "ref"
    ? Choosing.of(
        type.to,
        /** @type {any} */ ({ archive: { cells: {}, records: [] }, names }),
        status,
      )
    : undefined;
