// Whose archive was opened last, and at which page. Coming back to it from a form is not a further
// reading; coming back from the list is, and so is whatever follows an unlock.

export const FIRST = "overview";

let last = "";
let page = FIRST;

/** Whether opening this one goes on with what is open. @param {string} resident */
export function goesOn(resident) {
  const same = last === resident;
  if (!same) page = FIRST;
  last = resident;
  return same;
}

/** The page at which it was left. @param {string} resident */
export const pageOf = (resident) => (last === resident ? page : FIRST);

/** @param {string} tab */
export function turnedTo(tab) {
  page = tab;
}

export function forget() {
  last = "";
  page = FIRST;
}
