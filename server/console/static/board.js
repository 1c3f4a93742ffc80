// Arrow keys walk over the numbers of a table; a button that prints. Without it, Tab and the menu do.
"use strict";

(() => {
  const grid = document.querySelector("table[data-grid]");
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  // Rows of cells by column, with gaps where a cell has nothing to open.
  const cells = () => [...grid.querySelectorAll("tbody tr")]
    .map((row) => [...row.querySelectorAll("td")].map((cell) => cell.querySelector("a[data-cell]")))
    .filter((row) => row.some(Boolean));

  const place = (rows) => {
    for (const [y, row] of rows.entries()) {
      const x = row.indexOf(document.activeElement);
      if (x >= 0) return [y, x];
    }
    return null;
  };

  const walk = (step) => {
    const rows = cells();
    if (!rows.length) return;
    const now = place(rows);
    if (!now) { rows.flat().find(Boolean).focus(); return; }
    let [y, x] = now;
    for (;;) {
      [y, x] = [y + step[0], x + step[1]];
      if (y < 0 || y >= rows.length || x < 0 || x >= rows[y].length) return;
      if (rows[y][x]) { rows[y][x].focus(); return; }
    }
  };

  document.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!grid || !step || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest("input, textarea, select, dialog, .rail")) return;
    walk(step);
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });
})();
