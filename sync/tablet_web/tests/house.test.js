// The small print of the house for the app's own modules: what no formatter and no type checker sees.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "acorn";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const APP = join(ROOT, "app");
const FUNCTION_LINES = 60;

const modules = readdirSync(APP, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".js"))
  .map((name) => ({
    name: `app/${name}`,
    path: join(APP, name),
    text: readFileSync(join(APP, name), "utf8"),
  }));
const trees = modules.map((each) => ({
  ...each,
  tree: parse(each.text, { ecmaVersion: "latest", sourceType: "module", locations: true }),
}));

/** @param {any} node @param {(node: any) => void} see */
function walk(node, see) {
  if (!node || typeof node !== "object") return;
  if (Array.isArray(node)) {
    for (const each of node) walk(each, see);
    return;
  }
  if (typeof node.type !== "string") return;
  see(node);
  for (const value of Object.values(node)) walk(value, see);
}

/** @param {(node: any, name: string) => string | undefined} fault */
function faults(fault) {
  /** @type {string[]} */
  const found = [];
  for (const { name, tree } of trees) {
    walk(tree, (node) => {
      const said = fault(node, name);
      if (said) found.push(`${name}:${node.loc.start.line} ${said}`);
    });
  }
  return found;
}

test("no function is longer than sixty lines", () => {
  const functions = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
  const long = faults(({ type, loc }) => {
    const lines = functions.includes(type) ? loc.end.line - loc.start.line + 1 : 0;
    return lines > FUNCTION_LINES ? `${lines} lines` : undefined;
  });
  assert.deepEqual(long, []);
});

test("nothing is written as markup, made from text as code, or said to the console", () => {
  const members = ["innerHTML", "outerHTML", "insertAdjacentHTML", "dangerouslySetInnerHTML"];
  const found = faults((node) => {
    if (node.type === "Identifier" && members.includes(node.name)) return node.name;
    if (node.type === "CallExpression" && node.callee.name === "eval") return "eval";
    if (node.type === "NewExpression" && node.callee.name === "Function") return "new Function";
    if (node.type === "MemberExpression" && node.object.name === "console") return "console";
    return undefined;
  });
  assert.deepEqual(found, []);
});

test("nothing of the app lies where anybody who holds the tablet can read it", () => {
  const found = faults((node) =>
    node.type === "Identifier" && ["localStorage", "sessionStorage"].includes(node.name)
      ? node.name
      : undefined,
  );
  // What is kept there is how the screen looks, and nothing else.
  assert.deepEqual(
    found.filter((line) => !line.startsWith("app/ui/look.js")),
    [],
  );
});

test("what is imported is there, and only by a relative way", () => {
  const found = faults((node, name) => {
    const way =
      node.source?.value ?? (node.type === "ImportExpression" ? node.source?.value : null);
    if (typeof way !== "string") return undefined;
    if (!way.startsWith(".")) return `bare ${way}`;
    const path = join(dirname(join(ROOT, name)), way);
    try {
      readFileSync(path);
      return undefined;
    } catch {
      return `${relative(ROOT, path)} is not there`;
    }
  });
  assert.deepEqual(found, []);
});

test("the parts keep their order: pages above the engine, the engine above what is pure", () => {
  const floors = { wire: 0, crypto: 1, merge: 1, disk: 1, forms: 1, words: 0, engine: 2, ui: 3 };
  const floor = (/** @type {string} */ name) =>
    /** @type {Record<string, number>} */ (floors)[name.split("/")[1] ?? ""];
  const found = faults((node, name) => {
    const way = node.source?.value;
    if (typeof way !== "string" || way.includes("vendor/")) return undefined;
    const there = relative(ROOT, join(dirname(join(ROOT, name)), way));
    const same = there.split("/")[1] === name.split("/")[1];
    const pages = name.startsWith("app/ui/") && there.startsWith("app/engine/");
    if (pages) return `a page imports ${there}: it asks the engine by rpc.js`;
    return !same && floor(there) >= floor(name) ? `imports ${there}` : undefined;
  });
  assert.deepEqual(found, []);
});
