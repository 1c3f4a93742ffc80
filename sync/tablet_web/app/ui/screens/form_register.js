// The archive's own page, to be changed: only what somebody changed becomes an edit, and the edit
// says which values were on the screen.

import { bodyOfCells, changedCells, changeFaults, typedCell } from "../../forms/cells.js";
import { isAskedNow } from "../../forms/asked.js";
import { widths } from "../../forms/layout.js";
import { words } from "../../words/zh/form.js";
import { catalogue } from "../catalogue.js";
import { html, useEffect, useMemo, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { asFault, FaultBox, useCall } from "../parts/fault.js";
import { FormField } from "../parts/field.js";
import { goTo } from "../parts/goto.js";
import { useStrip } from "../state.js";
import { goesOn } from "./archive_opened.js";
import { Choosing } from "./form_ground.js";
import { Places } from "./form_next.js";
import { Whose } from "./form_who.js";
import { draftKey, keptWords, Opening, useKept } from "./form_state.js";

/** @typedef {import("../screens.js").Props} Props */
/** @typedef {import("../../types.js").Archive} Archive */
/** @typedef {import("../../forms/kinds.d.ts").Field} Field */
/** @typedef {import("../../forms/kinds.d.ts").Kind} Kind */
/** @typedef {import("../../forms/typed.js").TypedForm} TypedForm */
/**
 * @typedef {{ archive: Archive, catalogue: import("../catalogue.js").Catalogue, kind: Kind,
 *   names: Record<string, string>, touched: TypedForm }} Open
 */

const KINDS = ["basic_info"];
const OPEN_STATUS = "terminal";
/** Cells that are not decided here, and by whom. */
const FIXED = /** @type {Record<string, string>} */ ({
  identity: words.fixed,
  authority: words.authority,
  [OPEN_STATUS]: words.authority,
});

/** @param {string} name */
const idOf = (name) => `r-${name}`;

/** @param {Props} props */
export function RegisterForm(props) {
  const { engine, params } = props;
  const { resident } = params;
  const key = draftKey({ resident, kinds: KINDS });
  const [got, setGot] = useState(/** @type {Open | null} */ (null));
  const [fault, setFault] = useState(/** @type {import("../../types.js").Fault | null} */ (null));
  useEffect(() => {
    let here = true;
    Promise.all([
      goesOn(resident) ? engine.again(resident) : engine.open(resident, "service"),
      catalogue(),
      engine.names(),
      engine.draft(key),
    ]).then(
      ([archive, forms, names, draft]) =>
        here &&
        setGot({
          archive,
          catalogue: forms,
          kind: /** @type {Kind} */ (/** @type {unknown} */ (forms.register)),
          names,
          touched: /** @type {TypedForm} */ (draft?.typed.touched ?? {}),
        }),
      (error) => here && setFault(asFault(error)),
    );
    return () => {
      here = false;
    };
  }, []);
  if (!got) return html`<${Opening} fault=${fault} />`;
  return html`<${Page} ...${props} got=${got} draft=${key} />`;
}

/** The heads of the changed cells that were on the screen. @param {Archive} archive @param {string[]} names */
function sawOf(archive, names) {
  return Object.fromEntries(
    names.map((name) => [name, (archive.cells[name]?.heads ?? []).map(({ change }) => change)]),
  );
}

/** @param {Props & { got: Open, draft: string }} props */
function useChanges({ engine, status, got, draft }) {
  const { archive, kind } = got;
  const [touched, setTouched] = useState(got.touched);
  const about = { key: draft, resident: archive.line.id, kinds: KINDS };
  const { kept, keep, flush, end } = useKept(engine, about, archive.line.name, () => status.now);
  const cells = useMemo(() => Object.values(archive.cells), [archive]);
  const fields = useMemo(
    () =>
      kind.fields.filter((each) => each.class === "A" || (status.restricted && archive.restricted)),
    [kind],
  );
  const changed = useMemo(() => changedCells(fields, touched, cells), [touched]);
  const body = useMemo(() => bodyOfCells(fields, touched, cells), [touched]);
  const days = { on: status.today, today: status.today };
  const faults = useMemo(() => changeFaults(kind, changed, body, days), [changed]);
  const set = (/** @type {string} */ name, /** @type {any} */ value) =>
    setTouched((before) => {
      const after = { ...before, [name]: value };
      keep(/** @type {any} */ ({ touched: after }));
      return after;
    });
  return { touched, set, changed, body, faults, cells, fields, kept, flush, end };
}

/** @param {Props & { got: Open, draft: string }} props */
function Page(props) {
  const { got, status } = props;
  const page = useChanges(props);
  const [tried, setTried] = useState(false);
  useStrip(keptWords(page.kept));
  return html`<${Whose} got=${got} today=${status.today} about=${words.registerTitle} />
    <main class="body form-body">
      <div class="cols form-cols">
        <form class="paper" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
          ${got.catalogue
            .sections(got.catalogue.register)
            .map(
              ({ title, fields }) =>
                html`<${Section}
                  key=${title}
                  title=${title}
                  names=${fields.map(({ name }) => name)}
                  got=${got}
                  page=${page}
                  status=${status}
                  tried=${tried}
                />`,
            )}
        </form>
        <aside>
          <${Changed} page=${page} />
          <${WaysOut} ...${props} page=${page} tried=${tried} tryIt=${() => setTried(true)} />
        </aside>
      </div>
    </main>`;
}

/** @param {{ page: Changes }} props */
function Changed({ page }) {
  const count = Object.keys(page.changed).length;
  return html`<section class="next" aria-live="polite">
    <h2>${words.registerChanged(count)}</h2>
    <div>
      ${count === 0
        ? html`<p class="quiet">${words.registerNothing}</p>`
        : html`<ul class="dots">
            ${changedLabels(page).map((each) => html`<li>${each}</li>`)}
          </ul>`}
    </div>
  </section>`;
}

/** @param {Props & { got: Open, draft: string, page: Changes, tried: boolean, tryIt: () => void }} props */
function WaysOut({ got, status, engine, back, replace, draft, page, tried, tryIt }) {
  const { archive } = got;
  const { busy, fault, run } = useCall();
  const names = Object.keys(page.changed);
  const hard = placesOf(page);
  const save = () => {
    tryIt();
    if (hard[0]) goTo(hard[0].id);
    if (hard.length || !names.length) return;
    page.end(true);
    const { id: resident } = archive.line;
    const saw = sawOf(archive, names);
    run(() => engine.edit({ resident, on: status.today, cells: page.changed, saw, draft })).then(
      (done) => {
        page.end(done);
        if (done) replace("archive", { resident, tab: "register" });
      },
    );
  };
  const later = () => page.flush().then(back, back);
  return html`<div class="thumb">
    <${Places} places=${hard} say=${words.short(hard.length)} tone="bad" all=${tried} />
    ${tried && !names.length && html`<p class="msg look">${words.registerNothing}</p>`}
    <${FaultBox} fault=${fault} />
    <${Button} main big full sign="save" busy=${busy} doing=${words.saving} onClick=${save}
      >${words.registerSave}<//
    >
    <${Button} full onClick=${later}>${words.later}<//>
  </div>`;
}

/** @typedef {ReturnType<typeof useChanges>} Changes */

/** @param {Changes} page */
function changedLabels({ changed, fields }) {
  const names = new Set(Object.keys(changed).map((cell) => cell.split("/")[0]));
  return fields.filter(({ name }) => names.has(name)).map(({ label }) => label);
}

/** @param {Changes} page */
function placesOf({ faults, fields }) {
  const wrong = new Map(
    faults.filter((each) => !each.warn).map((each) => [each.field.split("/")[0], each.say]),
  );
  return fields
    .filter(({ name }) => wrong.has(name))
    .map(({ name, label }) => ({ key: name, id: idOf(name), label, say: wrong.get(name) ?? "" }));
}

/**
 * @param {{ title: string, names: string[], got: Open, page: Changes, status: Props["status"],
 *   tried: boolean }} props
 */
function Section({ title, names, got, page, status, tried }) {
  const fields = page.fields
    .filter(({ name }) => names.includes(name))
    .filter(
      (field) =>
        field.name in page.body || isAskedNow(got.kind, field, page.body, { on: status.today }),
    );
  const fixed = fields.filter(({ policy }) => policy in FIXED);
  const open = fields.filter(({ policy }) => !(policy in FIXED));
  if (!fields.length) return null;
  const sizes = widths(open);
  return html`<section class="form-section">
    <h2>${title}</h2>
    ${fixed.length > 0 &&
    html`<p class="quiet lead">
      ${fixed.map(({ label }) => label).join(words.join)}${words.colon}${FIXED[
        fixed[0]?.policy ?? ""
      ]}
    </p>`}
    <div class="form">
      ${open.map(
        (field, at) =>
          html`<${CellField}
            key=${field.name}
            field=${field}
            span=${sizes[at]}
            got=${got}
            page=${page}
            status=${status}
            tried=${tried}
          />`,
      )}
    </div>
  </section>`;
}

/**
 * @param {{ field: Field, span: number, got: Open, page: Changes, status: Props["status"],
 *   tried: boolean }} props
 */
function CellField({ field, span, got, page, status, tried }) {
  const [left, setLeft] = useState(false);
  const { name } = field;
  const was = typedCell(field, page.cells);
  const clash = page.cells.some((each) => each.field === name && each.conflict);
  const own = page.faults.filter((each) => each.field.split("/")[0] === name);
  const value = page.touched[name] ?? was;
  return html`<${FormField}
    id=${idOf(name)}
    field=${field}
    value=${value}
    side=${page.touched[name] !== undefined && typeof was === "string" && was && was !== value
      ? words.wasBefore
      : ""}
    span=${span}
    faults=${own.filter((each) => each.warn || left || tried)}
    hint=${clash ? words.conflict : ""}
    choices=${field.type.is === "ref"
      ? Choosing.of(field.type.to, /** @type {any} */ (got), status)
      : undefined}
    onInput=${(/** @type {any} */ next) => page.set(name, next)}
    onLeave=${() => setLeft(true)}
  />`;
}
