// Marks between words.

/** Between things of one kind. */
export const AND = "、";
