// The archive of one resident: opened once (that is a reading, and is logged), drawn again after
// every save without being a further one.

import { words } from "../../words/zh/archive.js";
import { when } from "../../words/zh/time.js";
import { catalogue } from "../catalogue.js";
import { html, useCallback, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Empty } from "../parts/empty.js";
import { asFault, FaultBox } from "../parts/fault.js";
import { useStrip } from "../state.js";
import { WhoBar } from "./archive_bar.js";
import { duesOf, grouped, restrictedRecords } from "./archive_facts.js";
import { forget, goesOn, pageOf, turnedTo } from "./archive_opened.js";
import { Overview } from "./archive_overview.js";
import { Plan } from "./archive_plan.js";
import { Records } from "./archive_records.js";
import { Register } from "./archive_register.js";
import { Restricted } from "./archive_restricted.js";
import { Trends } from "./archive_trends.js";

/** @typedef {import("../../types.js").Archive} ArchiveData */
/** @typedef {import("../../types.js").Engine} Engine */
/** @typedef {import("../screens.js").Props} Props */
/**
 * Everything that the parts of an open archive need.
 * @typedef {{ archive: ArchiveData, catalogue: import("../catalogue.js").Catalogue,
 *   reader: import("./archive_values.js").Reader, team: string, now: number, me: string | null,
 *   restricted: boolean, engine: Engine, go: Props["go"], refresh: () => Promise<void>,
 *   turn: (tab: string, record?: string) => void }} Opened
 */

/** @param {Props} props */
function useArchive({ engine, params, changed }) {
  const { resident, purpose } = params;
  const [got, setGot] = useState(
    /** @type {{ archive: ArchiveData, catalogue: any, names: Record<string, string> } | null} */ (
      null
    ),
  );
  const [fault, setFault] = useState(/** @type {import("../../types.js").Fault | null} */ (null));
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    const opening = goesOn(resident)
      ? engine.again(resident)
      : engine.open(resident, purpose ?? "service");
    Promise.all([opening, catalogue(), engine.names()]).then(
      ([archive, forms, names]) => here.current && setGot({ archive, catalogue: forms, names }),
      (error) => {
        forget();
        if (here.current) setFault(asFault(error));
      },
    );
    return () => {
      here.current = false;
    };
  }, [engine, resident]);
  const refresh = useCallback(async () => {
    const archive = await engine.again(resident);
    if (here.current) setGot((before) => before && { ...before, archive });
  }, [engine, resident]);
  useEffect(() => {
    if (changed?.residents.includes(resident)) refresh().catch((e) => setFault(asFault(e)));
  }, [changed]);
  return { got, fault, refresh };
}

/** The pages of an archive: only those that hold something, and what is restricted last. @param {Opened} opened @returns {[string, string][]} */
function tabsOf({ archive, catalogue: forms, reader }) {
  const groups = grouped(archive.records);
  const due = duesOf(archive.due, reader.today, false).now.length;
  const hidden =
    restrictedRecords(archive.records).length > 0 ||
    Object.values(archive.cells).some(
      (cell) => forms.register.fields.find((each) => each.name === cell.field)?.class === "B",
    );
  return [
    ["overview", words.overview],
    ...groups.map(
      ([group, records]) =>
        /** @type {[string, string]} */ ([
          group,
          words.counted(words.groups[group], records.length),
        ]),
    ),
    ["trends", words.trends],
    ["plan", words.counted(words.plan, due)],
    ["register", words.register],
    ...(archive.restricted && hidden
      ? [/** @type {[string, string]} */ (["restricted", words.restricted])]
      : []),
  ];
}

/** @param {{ tabs: [string, string][], tab: string, turn: (tab: string) => void }} props */
function Tabs({ tabs, tab, turn }) {
  return html`<nav class="sections" aria-label=${words.tabs}>
    ${tabs.map(
      ([name, label]) =>
        html`<button
          type="button"
          key=${name}
          aria-current=${name === tab ? "page" : undefined}
          onClick=${() => turn(name)}
        >
          ${label}
        </button>`,
    )}
  </nav>`;
}

/** @param {{ opened: Opened, tab: string, record: string }} props */
function Page({ opened, tab, record }) {
  if (tab === "overview") return html`<${Overview} opened=${opened} />`;
  if (tab === "trends") return html`<${Trends} opened=${opened} />`;
  if (tab === "plan") return html`<${Plan} opened=${opened} />`;
  if (tab === "register") return html`<${Register} opened=${opened} restricted=${false} />`;
  if (tab === "restricted") return html`<${Restricted} opened=${opened} record=${record} />`;
  const records = grouped(opened.archive.records).find(([group]) => group === tab)?.[1] ?? [];
  return html`<${Records} key=${tab} opened=${opened} records=${records} first=${record} />`;
}

/** It is not here: it has left the tablet, or it never was on it. @param {{ fault: any, go: Props["go"] }} props */
function Shut({ fault, go }) {
  const gone = fault.code === "no_such_resident";
  return html`<main class="body">
    ${gone
      ? html`<section class="card"><${Empty} now=${words.gone} next=${words.gone_next} /></section>`
      : html`<${FaultBox} fault=${fault} />`}
    <div class="btns plain">
      <${Button} sign="home" onClick=${() => go("home")}>${words.back_home}<//>
      <${Button} sign="find" onClick=${() => go("people")}>${words.swap}<//>
    </div>
  </main>`;
}

/** @param {Props} props */
export function Archive(props) {
  const { engine, status, params, go } = props;
  const { got, fault, refresh } = useArchive(props);
  const [at, setAt] = useState(() => ({
    tab: params.tab ?? pageOf(params.resident),
    record: params.record ?? "",
  }));
  const seen = status.sync.last;
  useStrip(seen === null ? words.strip_never : words.strip(when(seen, status.now)));
  if (fault) return html`<${Shut} fault=${fault} go=${go} />`;
  if (!got) return html`<main class="body"><p class="quiet">${words.opening}</p></main>`;
  const { archive, names } = got;
  const panel = status.panels.find(({ id }) => archive.line.panels.includes(id));
  /** @type {Opened} */
  const opened = {
    archive,
    catalogue: got.catalogue,
    reader: { today: status.today, names },
    team: panel?.name ?? "",
    now: status.now,
    me: status.me,
    restricted: status.restricted && archive.restricted,
    engine,
    go,
    refresh,
    turn: (tab, record = "") => {
      turnedTo(tab);
      setAt({ tab, record });
    },
  };
  const tabs = tabsOf(opened);
  const tab = tabs.some(([name]) => name === at.tab) ? at.tab : "overview";
  return html`<${WhoBar} opened=${opened} swap=${() => go("people")} />
    <main class="body archive">
      <${Tabs} tabs=${tabs} tab=${tab} turn=${opened.turn} />
      <${Page} opened=${opened} tab=${tab} record=${at.record} />
    </main>`;
}
