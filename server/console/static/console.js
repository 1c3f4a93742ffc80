// Keys and panels of the console. Without this script every page still works with links and buttons.
"use strict";

(() => {
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const typing = (element) => element.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");

  // Rows that can be in hand: j and k walk, Enter opens, the panel beside follows.
  const rows = () => all("table.q tbody tr[data-href]");
  const chosen = () => rows().findIndex((row) => row.getAttribute("aria-selected") === "true");
  let wanted = 0;

  const showPanel = async (row) => {
    const panel = one("#panel");
    if (!panel || !row.dataset.panel) return;
    const mine = (wanted += 1);
    const answer = await fetch(row.dataset.panel, { headers: { "x-part": "panel" } });
    if (mine !== wanted) return;
    if (answer.redirected || !answer.ok) { location.assign(row.dataset.href); return; }
    panel.innerHTML = await answer.text();
  };

  const choose = (index) => {
    const list = rows();
    if (!list.length) return;
    const next = list[Math.max(0, Math.min(index, list.length - 1))];
    list.forEach((row) => row.setAttribute("aria-selected", String(row === next)));
    next.scrollIntoView({ block: "nearest" });
    showPanel(next);
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) { one(`#${opener.dataset.dialog}`).showModal(); return; }
    const row = event.target.closest("table.q tbody tr[data-href]");
    if (row && !event.target.closest("a, button, input, label")) choose(rows().indexOf(row));
  });
  document.addEventListener("dblclick", (event) => {
    const row = event.target.closest("table.q tbody tr[data-href]");
    if (row) location.assign(row.dataset.href);
  });

  // Sayings side by side: keys choose in the row in hand, and the next undecided row comes to hand.
  const choices = () => all("tr[data-choice]");
  const rowsOf = (row) => row.nextElementSibling?.matches("[data-more]") ? [row, row.nextElementSibling] : [row];
  const isChosen = (row) => rowsOf(row).some((each) => one("input[type=radio]:checked", each));
  let hand = null;
  const toHand = (row) => {
    hand = row;
    choices().forEach((each) => each.setAttribute("data-hand", String(each === row)));
  };
  const sayMissing = () => {
    const chip = one("[data-missing]");
    if (!chip) return;
    const missing = choices().filter((row) => !isChosen(row)).map((row) => row.dataset.label);
    one("span", chip).textContent = chip.dataset.missing.replace("{n}", missing.length).replace("{what}", missing.join(chip.dataset.and));
    chip.hidden = !missing.length;
  };
  const rowAt = (element) => {
    const row = element.closest("tr[data-choice], tr[data-more]");
    return row && (row.matches("[data-more]") ? row.previousElementSibling : row);
  };
  if (one("form[data-choices]")) {
    document.addEventListener("focusin", (event) => { const row = rowAt(event.target); if (row) toHand(row); });
    document.addEventListener("change", (event) => {
      const row = rowAt(event.target);
      if (!row) return;
      if (event.target.matches("[name^='other:']")) one("input[value=other]", row.nextElementSibling).checked = true;
      sayMissing();
      if (event.target.value === "other") { one("[name^='other:']", row.nextElementSibling).focus(); return; }
      const next = choices().find((each) => !isChosen(each));
      toHand(next || row);
    });
    toHand(choices().find((each) => !isChosen(each)) || choices()[0]);
    sayMissing();
  }

  const nameOf = (event) => (event.ctrlKey || event.metaKey ? `Ctrl ${event.key}` : event.key);

  const press = (name) => {
    const open = one("dialog[open]");
    const near = open || !hand ? [] : rowsOf(hand).flatMap((row) => all("[data-key]", row));
    const found = [...near, ...all("[data-key]", open || document)]
      .find((each) => each.dataset.key.toLowerCase() === name.toLowerCase() && !each.disabled && each.offsetParent !== null);
    if (found) { found.click(); return true; }
    return false;
  };

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.isComposing) return;
    const name = nameOf(event);
    const inField = typing(event.target);
    if (inField && name === "Escape") { event.target.blur(); event.preventDefault(); return; }
    if (inField && !name.startsWith("Ctrl ")) return;
    if (name.toLowerCase() === "g" && one(".rail a")) { (one(".rail a[aria-current]") || one(".rail a")).focus(); event.preventDefault(); return; }
    const queue = event.target.closest(".rail") && (name === "ArrowDown" || name === "ArrowUp");
    // Shift with its number chooses, and decides when that was the last one open.
    const digit = event.shiftKey && hand && !one("dialog[open]") && /^Digit([1-9])$/.exec(event.code);
    if (digit && press(digit[1])) {
      if (choices().every(isChosen)) one("form[data-choices]").requestSubmit();
      event.preventDefault();
      return;
    }
    if (queue) {
      const list = all(".rail a"), next = list[list.indexOf(event.target) + (name === "ArrowDown" ? 1 : -1)];
      if (next) next.focus();
      event.preventDefault();
      return;
    }
    if (name === "/" && one("[data-find]")) { one("[data-find]").focus(); event.preventDefault(); return; }
    if (!one("dialog[open]")) {
      if (name === "j" || name === "ArrowDown" && rows().length) { choose(chosen() + 1); event.preventDefault(); return; }
      if (name === "k" || name === "ArrowUp" && rows().length) { choose(chosen() - 1); event.preventDefault(); return; }
      const row = rows()[chosen()];
      if (name === "Enter" && row && !event.target.closest("a, button, summary")) { location.assign(row.dataset.href); event.preventDefault(); return; }
    }
    if (press(name)) event.preventDefault();
  });

  // A page with faults begins at their summary; a list begins with its first row in hand.
  const start = one("[data-focus]");
  if (start) start.focus();
  if (rows().length && chosen() < 0) choose(0);

  // Warning signs of development: only those of the age that is chosen.
  const slot = one("select[name=age_slot]");
  const signsOfSlot = () => all("input[name=dev_warn]").forEach((sign) => {
    const other = sign.value !== "0" && slot.value !== "" && sign.value.slice(0, -1) !== slot.value;
    sign.closest("label").hidden = other;
    if (other) sign.checked = false;
  });
  if (slot) { slot.addEventListener("change", signsOfSlot); signsOfSlot(); }

  // What was typed is not lost by leaving the page by accident.
  all("form[data-guard]").forEach((form) => {
    let changed = false;
    form.addEventListener("input", () => { changed = true; });
    form.addEventListener("submit", () => { changed = false; });
    addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  });
})();
