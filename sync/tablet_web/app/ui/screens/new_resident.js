// A resident without an archive on this tablet: seen, asked, signed for, and compared with those who
// are here before a second archive of one person is begun.

import { widths } from "../../forms/layout.js";
import { cellsOf, openingFaults, openingOf, signatureMissing } from "../../forms/opening.js";
import { words as form } from "../../words/zh/form.js";
import { words as records } from "../../words/zh/records.js";
import { words } from "../../words/zh/visit.js";
import { personText } from "../ages.js";
import { catalogue } from "../catalogue.js";
import { html, useEffect, useMemo, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { asFault, FaultBox, useCall } from "../parts/fault.js";
import { FormField } from "../parts/field.js";
import { goTo } from "../parts/goto.js";
import { icon } from "../parts/icon.js";
import { useStrip } from "../state.js";
import { Places } from "./form_next.js";
import { Pictures } from "./form_pictures.js";
import { keptWords, Opening, useKept } from "./form_state.js";

/** @typedef {import("../screens.js").Props} Props */
/** @typedef {import("../../types.js").Line} Line */
/** @typedef {import("../../forms/kinds.d.ts").Kind} Kind */
/** @typedef {import("../../forms/kinds.d.ts").Field} Field */
/** @typedef {import("../../forms/typed.js").TypedForm} TypedForm */
/** @typedef {{ resident: string, typed: TypedForm, pictures: { id: string, what: "photo" | "signature" }[] }} Paper */
/** @typedef {{ kind: Kind, register: Kind, first: Paper }} Open */

const KEY = "new_resident";
const KIND = "open_archive";
const ALIKE_MS = 250;

/** @param {string} name */
const idOf = (name) => `n-${name}`;

/** @param {Props} props */
export function NewResident(props) {
  const { engine, status } = props;
  const [got, setGot] = useState(/** @type {Open | null} */ (null));
  const [fault, setFault] = useState(/** @type {import("../../types.js").Fault | null} */ (null));
  useEffect(() => {
    let here = true;
    Promise.all([catalogue(), engine.draft(KEY), engine.freshId()]).then(
      ([forms, draft, id]) => {
        const kind = /** @type {Kind} */ (/** @type {unknown} */ (forms.kind(KIND)));
        const register = /** @type {Kind} */ (/** @type {unknown} */ (forms.register));
        const [panel] = status.panels;
        const kept = /** @type {Partial<Paper>} */ (draft?.typed ?? {});
        /** @type {TypedForm} */
        const typed = {};
        if (panel && status.panels.length === 1) typed.team = panel.id;
        const first = { resident: id, typed, pictures: [], ...kept };
        if (here) setGot({ kind, register, first });
      },
      (error) => here && setFault(asFault(error)),
    );
    return () => {
      here = false;
    };
  }, []);
  if (!got) return html`<${Opening} fault=${fault} />`;
  if (!got.kind) {
    return html`<main class="body"><p class="bold">${words.notYet}</p></main>`;
  }
  return html`<${Page} ...${props} got=${got} />`;
}

/** @param {Props & { got: Open }} props */
function usePerson({ engine, status, got }) {
  const { kind, register, first } = got;
  const [paper, setPaper] = useState(first);
  const [left, setLeft] = useState(/** @type {string[]} */ ([]));
  const about = { key: KEY, resident: first.resident, kinds: [KIND] };
  const { kept, keep, flush, end } = useKept(engine, about, "", () => status.now);
  const change = (/** @type {(before: Paper) => Paper} */ by) =>
    setPaper((before) => {
      const after = by(before);
      keep(/** @type {any} */ (after));
      return after;
    });
  const { body, told } = useMemo(() => openingOf(kind, paper.typed), [paper.typed]);
  const faults = useMemo(
    () => openingFaults(kind, register, body, status.today).filter((each) => !each.warn),
    [body],
  );
  return {
    ...{ paper, body, told, faults, left, kept, flush, end, change },
    leave: (/** @type {string} */ name) => setLeft((before) => [...before, name]),
    set: (/** @type {string} */ name, /** @type {any} */ value) =>
      change((before) => ({ ...before, typed: { ...before.typed, [name]: value } })),
  };
}

/** @typedef {ReturnType<typeof usePerson>} Person */

/** Residents of this tablet who may be the same person, as soon as there is something to go by. @param {Props["engine"]} engine @param {Record<string, unknown>} body */
function useAlike(engine, body) {
  const [lines, setLines] = useState(/** @type {Line[]} */ ([]));
  const text = (/** @type {unknown} */ value) => (typeof value === "string" ? value : "");
  const asked = {
    name: text(body.name),
    birth: text(body.birth_date),
    sex: text(body.sex),
    id_no: text(body.id_no),
  };
  const key = Object.values(asked).join("|");
  const last = useRef(0);
  useEffect(() => {
    last.current += 1;
    const mine = last.current;
    if (!asked.name && !asked.id_no) {
      setLines([]);
      return undefined;
    }
    const timer = setTimeout(() => {
      engine.alike(asked).then(
        (found) => mine === last.current && setLines(found),
        () => {},
      );
    }, ALIKE_MS);
    return () => clearTimeout(timer);
  }, [key]);
  return lines;
}

/** @param {Props & { got: Open }} props */
function Page(props) {
  const { got, engine, status, go } = props;
  const page = usePerson(props);
  const [tried, setTried] = useState(false);
  const lines = useAlike(engine, page.body);
  const [looked, setLooked] = useState("");
  const same = lines.map(({ id }) => id).join(" ");
  useStrip(keptWords(page.kept));
  return html`<section class="who-bar low">
      <div class="who-tab"><h1>${words.newTitle}</h1></div>
    </section>
    <main class="body form-body">
      <div class="cols form-cols">
        <form class="paper" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
          <p class="lead">${words.newLead}</p>
          <${Questions} got=${got} page=${page} status=${status} tried=${tried} />
          <${Pictures}
            engine=${engine}
            resident=${page.paper.resident}
            pictures=${page.paper.pictures}
            set=${(/** @type {any} */ by) =>
              page.change((before) => ({ ...before, pictures: by(before.pictures) }))}
          />
        </form>
        <aside>
          <${Alike}
            lines=${lines}
            today=${status.today}
            open=${(/** @type {string} */ id) =>
              page.flush().then(() => go("archive", { resident: id }))}
            looked=${looked === same}
            notThem=${() => setLooked(same)}
          />
          <${WaysOut}
            ...${props}
            page=${page}
            tried=${tried}
            tryIt=${() => setTried(true)}
            unseen=${lines.length > 0 && looked !== same}
          />
        </aside>
      </div>
    </main>`;
}

/** @param {{ got: Open, page: Person, status: Props["status"], tried: boolean }} props */
function Questions({ got, page, status, tried }) {
  const { fields } = got.kind;
  const sizes = widths(fields);
  const teams = Object.fromEntries(status.panels.map(({ id, name }) => [id, name]));
  return html`<section class="form-section">
    <div class="form">
      ${fields.map((field, at) => {
        const { name } = field;
        const told = page.told[name];
        const seen = tried || page.left.includes(name);
        return html`<${FormField}
          key=${name}
          id=${idOf(name)}
          field=${field}
          value=${page.paper.typed[name]}
          made=${told ?? ""}
          side=${told ? words.fromId : field.required ? "" : form.optional}
          span=${sizes[at]}
          faults=${seen ? page.faults.filter((each) => each.field.split("/")[0] === name) : []}
          choices=${teams}
          onInput=${(/** @type {any} */ value) => page.set(name, value)}
          onLeave=${() => page.leave(name)}
        />`;
      })}
    </div>
  </section>`;
}

/** @param {{ lines: Line[], today: string, open: (id: string) => void, looked: boolean, notThem: () => void }} props */
function Alike({ lines, today, open, looked, notThem }) {
  return html`<section class="next" aria-live="polite">
    <h2>${lines.length ? words.alike : words.alikeNot}</h2>
    ${lines.length === 0
      ? html`<div><p class="quiet">${words.alikeNone}</p></div>`
      : html`<div id="n-alike" tabindex="-1">
            <p class="msg look">${icon("people")}<span>${words.alikeCount(lines.length)}</span></p>
          </div>
          ${lines.map(
            (line) =>
              html`<div key=${line.id}>
                <p class="bold">${line.name} ${personText(line, today)}</p>
                <p class="quiet">
                  ${[line.tail && records.idTail(line.tail), line.address || line.village]
                    .filter(Boolean)
                    .join(records.dot)}
                </p>
                <${Button} full onClick=${() => open(line.id)}>${words.alikeOpen}<//>
              </div>`,
          )}
          ${!looked && html`<div><${Button} full onClick=${notThem}>${words.notThem}<//></div>`}`}
  </section>`;
}

/** @param {Props & { got: Open, page: Person, tried: boolean, tryIt: () => void, unseen: boolean }} props */
function WaysOut({ engine, status, got, back, replace, page, tried, tryIt, unseen }) {
  const { busy, fault, run } = useCall();
  const { paper, body } = page;
  const wrong = new Set(page.faults.map((each) => each.field.split("/")[0]));
  const places = got.kind.fields
    .filter(({ name }) => wrong.has(name))
    .map(({ name, label }) => ({ key: name, id: idOf(name), label, say: "" }));
  if (signatureMissing(body, paper.pictures)) {
    places.push({ key: "sign", id: "pictures", label: words.signMissing, say: "" });
  }
  if (unseen) places.push({ key: "alike", id: "n-alike", label: words.alikeFirst, say: "" });
  const save = () => {
    tryIt();
    if (places[0]) {
      goTo(places[0].id);
      return;
    }
    const { resident } = paper;
    page.end(true);
    run(() =>
      engine.newResident({
        resident,
        panel: String(body.team),
        on: status.today,
        seen: String(body.seen),
        signed: String(body.signed),
        cells: cellsOf(body),
        pictures: paper.pictures.map(({ id }) => id),
        draft: KEY,
      }),
    ).then((done) => {
      page.end(done);
      // What the first paper does not ask stands on the archive's own page.
      if (done) replace("form", { resident, kind: "basic_info" });
    });
  };
  return html`<div class="thumb">
    <${Places} places=${places} say=${form.short(places.length)} tone="bad" all=${tried} />
    <${FaultBox} fault=${fault} />
    <${Button} main big full sign="save" busy=${busy} doing=${form.saving} onClick=${save}
      >${words.save}<//
    >
    <${Button} full onClick=${() => page.flush().then(back, back)}>${form.later}<//>
  </div>`;
}
