// Where the tablet is while a home visit is written down, if somebody switched that on. The browser
// is asked from time to time and never waited for: a form that is done is saved, with what there is.

import { words } from "../../words/zh/form.js";
import { useEffect, useRef, useState } from "../html.js";

/** @typedef {import("../../types.js").Position} Position */

const DEGREE = 100_000;
/** Older says nothing of the visit. */
const FRESH_MS = 120_000;
/** Worse does not tell one village from the next. */
const NEAR_M = 500;
const AGAIN_MS = 45_000;
/** `mode` of a visit at somebody's home, in every form that has one. */
export const HOME = "2";

/**
 * What the browser has found as the wire has it; null for what is no use.
 * @param {{ coords: { latitude: number, longitude: number, accuracy: number }, timestamp: number }} found
 * @returns {Position | null}
 */
export function positionOf({ coords: { latitude, longitude, accuracy }, timestamp }) {
  const [lat, lon] = [latitude, longitude].map((each) => Math.round(each * DEGREE));
  const [acc, at] = [Math.ceil(accuracy), Math.round(timestamp)];
  if (lat === undefined || lon === undefined) return null;
  if (![lat, lon, acc, at].every(Number.isSafeInteger)) return null;
  if (Math.abs(lat) > 90 * DEGREE || Math.abs(lon) > 180 * DEGREE) return null;
  return acc >= 0 && acc < NEAR_M ? { lat, lon, acc, at } : null;
}

/** @param {Position | null} found @param {number} now */
export const isFresh = (found, now) => found !== null && Math.abs(now - found.at) <= FRESH_MS;

/**
 * A visit of today at somebody's home, on a tablet that may say where it is. What is corrected, or
 * written down on another day, is written somewhere else.
 * @param {import("./form_state.js").Opened} got @param {import("./form_state.js").PaperState} page
 * @param {import("../../types.js").Status} status
 */
export function isHomeVisit(got, page, status) {
  if (!status.position_on || got.amends || page.paper.on !== status.today) return false;
  return page.found.some(({ body }) => body.mode === HOME);
}

/** @param {boolean} wanted */
export function usePosition(wanted) {
  const [found, setFound] = useState(/** @type {Position | null} */ (null));
  const newest = useRef(found);
  useEffect(() => {
    newest.current = null;
    setFound(null);
    const places = wanted ? navigator.geolocation : undefined;
    if (!places) return undefined;
    let here = true;
    const put = (/** @type {Position | null} */ next) => {
      if (!here) return;
      newest.current = next ?? newest.current;
      // A new object each time, so that what has grown old is seen to be so.
      setFound(newest.current && { ...newest.current });
    };
    const ask = () =>
      places.getCurrentPosition(
        (each) => put(positionOf(each)),
        () => put(null),
        { enableHighAccuracy: true, maximumAge: AGAIN_MS, timeout: AGAIN_MS },
      );
    ask();
    const again = setInterval(ask, AGAIN_MS);
    return () => {
      here = false;
      clearInterval(again);
    };
  }, [wanted]);
  const now = () =>
    wanted && newest.current && isFresh(newest.current, Date.now()) ? newest.current : null;
  return {
    now,
    /** What the strip says, and of the position. @param {string} said */
    beside: (said) =>
      wanted ? words.both(said, now() ? words.withPosition : words.withoutPosition) : said,
  };
}
