// Who was signed in here last: for a sheet that is lost on the way. While the app is open.

import { useState } from "../html.js";

/** @typedef {import("../../types.js").HallCheckedIn} HallCheckedIn */
/** @typedef {import("../../types.js").HallPerson} HallPerson */

const MOST = 4;

/** @type {HallPerson[]} */
let kept = [];

export function useLast() {
  const [list, set] = useState(kept);
  const add = (/** @type {HallCheckedIn} */ { person, ticket }) => {
    const now = { ...person, ticket: ticket || person.ticket };
    kept = [now, ...kept.filter(({ who }) => who !== person.who)].slice(0, MOST);
    set(kept);
  };
  return { list, add };
}
