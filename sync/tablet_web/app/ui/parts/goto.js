// To a place on the page: only what scrolls there is moved, never the frame around it.

/** The nearest part of the page that scrolls. @param {Element} from */
function scroller(from) {
  let found = from.parentElement;
  while (found && !(found.scrollHeight > found.clientHeight && scrolls(found))) {
    found = found.parentElement;
  }
  return found;
}

/** @param {Element} part */
const scrolls = (part) => /auto|scroll/.test(getComputedStyle(part).overflowY);

const ABOVE = 0.25;

/** Brings a part of the page into view. @param {Element | null | undefined} part */
export function show(part) {
  const frame = part && scroller(part);
  if (!part || !frame) return;
  const from = part.getBoundingClientRect();
  const view = frame.getBoundingClientRect();
  const room = Math.max(0, frame.clientHeight - from.height);
  frame.scrollTop += from.top - view.top - Math.min(room, frame.clientHeight * ABOVE);
}

/** To a question or a part of the page, with the focus in it. @param {string} id */
export function goTo(id) {
  const found = document.getElementById(id);
  show(found?.closest(".f") ?? found);
  found?.focus({ preventScroll: true });
}
