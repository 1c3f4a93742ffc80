// Whose archive was opened last. Coming back to it from a form is not a further reading; coming
// back from the list is, and so is whatever follows an unlock.

let last = "";

/** Whether opening this one goes on with what is open. @param {string} resident */
export function goesOn(resident) {
  const same = last === resident;
  last = resident;
  return same;
}

export function forget() {
  last = "";
}
