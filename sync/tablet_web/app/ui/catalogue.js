// The exported catalogue as pages use it: forms by kind and version, rules of the plan by id, the
// headings of forms. Read once; it holds nothing of a person.

/**
 * @typedef {{ is: string, codes?: Record<string, string>, none?: string, places?: number,
 *   unit?: string, low?: number, high?: number, most?: number, key?: string | null,
 *   fields?: Field[], to?: string, past?: boolean }} FieldType
 * @typedef {{ name: string, label: string, type: FieldType, required: boolean, class: string,
 *   policy: string, reveals: boolean, resident_may?: string }} Field
 * @typedef {{ name: string, label: string, type: FieldType, expression: unknown, fills: string,
 *   asks: unknown, at: string, warn: boolean, sentence: string, source: string }} Computed
 * @typedef {{ id: string, version: number, label: string, neutral_label: string,
 *   valid_from: string, valid_until: string | null, shape: string, subject: string, class: string,
 *   draft: boolean, after_death: boolean, waiver: { field: string, keeps: string[] } | null,
 *   fields: Field[], checks: unknown[], computed: Computed[] }} Kind
 * @typedef {{ id: string, label: string, kinds: string[], subject: string, class: string,
 *   clause: string, reasons: Record<string, string>, numbers: Record<string, number> }} Rule
 * @typedef {{ value: number, places?: number, unit?: string, label: string, clause: string }} Num
 * @typedef {{ hash: string, kinds: Kind[], plan: Rule[],
 *   next_steps: { number: Record<string, Num>, basis: Record<string, string> } & Record<string, unknown>,
 *   goals: { adult: number, dbp: number, bmi_least: number, bmi_below: number,
 *     children: string[], mothers: string[] } }} Raw
 * @typedef {Record<string, Record<string, string>>} Headings
 */

/** @typedef {ReturnType<typeof read>} Catalogue */

const REGISTER = "basic_info";
const OTHERS = "others";

/** @param {Raw} raw @param {Headings} headings */
export function read(raw, headings) {
  /** @type {Map<string, Kind[]>} newest last */
  const kinds = new Map();
  for (const kind of raw.kinds) kinds.set(kind.id, [...(kinds.get(kind.id) ?? []), kind]);
  const rules = new Map(raw.plan.map((rule) => [rule.id, rule]));
  return {
    raw,
    /** A form in one version; without it, the newest. @param {string} id @param {number} [v] */
    kind(id, v) {
      const all = kinds.get(id) ?? [];
      return v === undefined ? all[all.length - 1] : all.find((each) => each.version === v);
    },
    register: /** @type {Kind} */ (kinds.get(REGISTER)?.at(-1)),
    /** @param {string} id */
    rule: (id) => rules.get(id),
    /** Forms that may be begun on a day, newest version each. @param {string} day */
    begun: (day) =>
      [...kinds.values()]
        .map((all) => all.findLast((kind) => kind.valid_from <= day))
        .filter((kind) => kind !== undefined)
        .filter((kind) => kind.valid_until === null || kind.valid_until >= day),
    /** The fields of a form under its headings. @param {Kind} kind @returns {{ title: string, fields: Field[] }[]} */
    sections(kind) {
      const starts = headings[kind.id] ?? headings[OTHERS] ?? {};
      /** @type {{ title: string, fields: Field[] }[]} */
      const made = [];
      for (const field of kind.fields) {
        const title = starts[field.name];
        if (!made.length || title) made.push({ title: title ?? kind.label, fields: [] });
        made[made.length - 1].fields.push(field);
      }
      return made;
    },
  };
}

/** @type {Promise<Catalogue> | null} */
let asked = null;

/** The catalogue of the app that is running. */
export function catalogue() {
  asked ??= Promise.all(["catalogue", "sections"].map(fetched)).then(([raw, headings]) =>
    read(raw, headings),
  );
  asked.catch(() => {
    asked = null;
  });
  return asked;
}

/** @param {string} name */
async function fetched(name) {
  const reply = await fetch(`/tablet/data/${name}.json`);
  if (!reply.ok) throw { code: "app_incomplete" };
  return reply.json();
}
