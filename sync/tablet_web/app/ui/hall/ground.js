// What every page of the hall stands on: the day as it is now, what is still open on it, and the
// switches of this tablet (which station, sound, printer), kept sealed like a draft.

import { hour } from "../../words/zh/time.js";
import { useEffect, useRef, useState } from "../html.js";
import { asFault } from "../parts/fault.js";
import { useShared } from "../state.js";

/** @typedef {import("../../types.js").Engine} Engine */
/** @typedef {import("../../types.js").HallDay} HallDay */
/** @typedef {import("../../types.js").HallView} HallView */
/** @typedef {import("../../types.js").HallAlarm} HallAlarm */
/** @typedef {import("../../types.js").HallPerson} HallPerson */
/** @typedef {import("../../types.js").Fault} Fault */
/** @typedef {"desk" | "station" | "leave" | "overview"} Mode */

/**
 * @typedef {object} Switches
 * @property {Mode} mode
 * @property {string} station The one this tablet stands at; "" not chosen.
 * @property {boolean} quiet
 * @property {boolean} camera
 * @property {boolean} sheet Printed at once after a check-in.
 * @property {boolean} labels
 * @property {"a5" | "a4" | "roll"} size
 */

/**
 * What a page of the hall is given.
 * @typedef {object} Here
 * @property {Engine} engine
 * @property {import("../../types.js").Status} status
 * @property {HallView} view
 * @property {HallAlarm[]} alarms Open ones, of everybody.
 * @property {Switches} switches
 * @property {(some: Partial<Switches>) => void} turn
 * @property {(name: string) => void} sound
 * @property {() => void} again Looks at the day anew.
 * @property {(alarms: HallAlarm[]) => void} attend Opens what a doctor is asked to act on: open ones of
 *   one person; none closes it.
 * @property {(name: string, params?: Record<string, any>) => void} go
 * @property {import("../catalogue.js").Catalogue | null} forms
 */

const KEY = "hall";
/** @type {Switches} */
const FIRST = {
  mode: "desk",
  station: "",
  quiet: false,
  camera: true,
  sheet: true,
  labels: true,
  size: "a5",
};

/** The switches, and a way to turn them; null until they are read. @param {Engine} engine @param {number} now */
export function useSwitches(engine, now) {
  const [switches, set] = useState(/** @type {Switches | null} */ (null));
  useEffect(() => {
    let here = true;
    const take = (/** @type {any} */ kept) => here && set({ ...FIRST, ...kept?.typed });
    engine.draft(KEY).then(take, () => take(null));
    return () => {
      here = false;
    };
  }, [engine]);
  const turn = (/** @type {Partial<Switches>} */ some) =>
    set((before) => {
      const typed = { ...FIRST, ...before, ...some };
      const kept = { key: KEY, resident: "", kinds: [], at: now };
      engine.keepDraft({ ...kept, typed: /** @type {any} */ (typed) }).catch(() => {});
      return typed;
    });
  return { switches, turn };
}

/** Days of this tablet, asked again whenever one came or went. @param {Engine} engine @param {number} halls */
export function useDays(engine, halls) {
  const { hall } = useShared();
  const [days, setDays] = useState(/** @type {HallDay[] | null} */ (null));
  const [fault, setFault] = useState(/** @type {Fault | null} */ (null));
  useEffect(() => {
    let here = true;
    engine.hallDays().then(
      (found) => here && setDays(found),
      (error) => here && setFault(asFault(error)),
    );
    return () => {
      here = false;
    };
  }, [engine, halls, hall]);
  return { days, fault };
}

/**
 * One day as it is now: its figures, and critical values nobody has acted on.
 * @param {Engine} engine @param {string} day @param {import("../../types.js").Status} status
 */
export function useDay(engine, day, status) {
  const { hall } = useShared();
  const [got, setGot] = useState(
    /** @type {{ view: HallView, alarms: HallAlarm[] } | null} */ (null),
  );
  const [fault, setFault] = useState(/** @type {Fault | null} */ (null));
  const [turn, setTurn] = useState(0);
  const last = useRef(0);
  const { waiting, last: heard } = status.sync;
  useEffect(() => {
    last.current += 1;
    const mine = last.current;
    Promise.all([engine.hall(day), engine.hallAlarms(day)]).then(
      ([view, alarms]) => {
        if (mine !== last.current) return;
        setFault(null);
        setGot({ view, alarms });
      },
      (error) => mine === last.current && setFault(asFault(error)),
    );
  }, [engine, day, hall, turn, waiting, heard]);
  return { got, fault, again: () => setTurn((before) => before + 1) };
}

/**
 * What a call says, asked again with the day; null until it has answered.
 * @template T
 * @param {() => Promise<T>} ask @param {unknown[]} when
 * @returns {T | null}
 */
export function useAsked(ask, when) {
  const [got, setGot] = useState(/** @type {T | null} */ (null));
  const last = useRef(0);
  useEffect(() => {
    last.current += 1;
    const mine = last.current;
    ask().then(
      (found) => mine === last.current && setGot(found),
      () => {},
    );
  }, when);
  return got;
}

/** A station by its id. @param {HallView} view @param {string} id */
export const stationOf = (view, id) => view.stations.find((each) => each.id === id);

/** What stations are called, short. @param {HallView} view @param {readonly string[]} ids @param {string} join */
export const named = (view, ids, join) =>
  ids.map((id) => stationOf(view, id)?.short ?? id).join(join);

/** A hall's day on paper: 2026年11月23日 10:41. @param {number} at */
export const clockOf = (at) => hour(at);
