// How somebody is named aloud and on a screen that others see: 倪*水, 1955 年生.

const HIDDEN = "*";

/** The first sign and, of three or more, the last. @param {string} name */
export function masked(name) {
  const signs = Array.from(name.trim());
  if (signs.length < 2) return signs.join("");
  const last = signs.length > 2 ? signs.at(-1) : "";
  return `${signs[0]}${HIDDEN.repeat(Math.max(1, signs.length - 2))}${last}`;
}

/** A 036 of A036. @param {string} ticket */
export const ticketText = (ticket) => ticket.replace(/^([A-Z]+)(?=[0-9])/, "$1 ");

/** 1234 5678 9012, as it is read out. @param {string} digits */
export const grouped = (digits) => digits.replace(/(.{4})(?=.)/g, "$1 ");
