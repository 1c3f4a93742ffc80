// Places what the app takes from elsewhere under vendor/, ready to be served: the few files of the
// locked packages that are used, bare imports made relative, since a browser (and above all a
// worker) resolves no bare names. No bundler: every module stays a module. Of the packages only what
// is asked for is placed, and all modules, the app's own too, are written small (terser): on a bad
// line a third of the bytes are comments and long names. The app's own lie under vendor/app beside
// a list of what each was made from; whoever edits a module is served the module (tablet_files.py).
//
// node vendor.mjs, after npm ci. The folder is written anew each time and never committed.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { minify } from "terser";

const HERE = dirname(fileURLToPath(import.meta.url));
const FROM = join(HERE, "node_modules");
const TO = join(HERE, "vendor");

/** Bare name -> the package's own module, and where it is placed. */
const MODULES = {
  preact: ["preact/dist/preact.mjs", "preact.js"],
  "preact/hooks": ["preact/hooks/dist/hooks.mjs", "hooks.js"],
  htm: ["htm/dist/htm.module.js", "htm.js"],
  "@hpke/core": ["@hpke/core/esm/mod.js", "hpke/core/mod.js"],
  "@hpke/common": ["@hpke/common/esm/mod.js", "hpke/common/mod.js"],
  "@noble/ed25519": ["@noble/ed25519/index.js", "ed25519.js"],
  "zxing-wasm/reader": ["zxing-wasm/dist/es/reader/index.js", "zxing/es/reader/index.js"],
  "zxing-wasm/writer": ["zxing-wasm/dist/es/writer/index.js", "zxing/es/writer/index.js"],
};
/** Where a type checker finds the types of a placed file. */
const TYPES = [
  "preact",
  "preact/hooks",
  "htm",
  "@hpke/core",
  "@noble/ed25519",
  "zxing-wasm/reader",
  "zxing-wasm/writer",
];
const LICENSED = [
  "preact",
  "htm",
  "@hpke/core",
  "@hpke/common",
  "@noble/ed25519",
  "hash-wasm",
  "zxing-wasm",
];
// Of these only what is used is placed; the rest of each package's front is left out.
const USED = {
  "@hpke/core/esm/mod.js": new Set([
    "Aes256Gcm",
    "CipherSuite",
    "DhkemP256HkdfSha256",
    "DhkemX25519HkdfSha256",
    "HkdfSha256",
  ]),
  "@hpke/common/esm/mod.js": namesFromCommon("@hpke/core/esm"),
};
const IMPORT = /((?:from|import)\s*\(?\s*)(["'])([^"'\n]+)\2/g;

const placed = new Set();

/** What the modules below a folder import of @hpke/common. */
function namesFromCommon(folder) {
  const names = new Set();
  for (const file of readdirSync(join(FROM, folder), { recursive: true })) {
    if (!file.endsWith(".js") || file.endsWith("esm/mod.js") || file === "mod.js") continue;
    const text = readFileSync(join(FROM, folder, file), "utf8");
    for (const [, list] of text.matchAll(/import \{([^}]*)\} from "@hpke\/common"/g)) {
      for (const name of list.split(",")) if (name.trim()) names.add(name.trim());
    }
  }
  return names;
}

/** A front of a package without the lines nobody needs. */
function trimmed(source, text) {
  const used = USED[source];
  if (!used) return text;
  return text.replace(/^export \{([^}]*)\} from .*\n?/gm, (line, list) =>
    list.split(",").some((name) => used.has(name.trim())) ? line : "",
  );
}

function write(name, content) {
  const path = join(TO, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Copies one module and everything it imports. */
function place(source, target) {
  if (placed.has(target)) return;
  placed.add(target);
  const text = trimmed(source, readFileSync(join(FROM, source), "utf8"));
  write(
    target,
    text.replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n").replace(IMPORT, (all, lead, q, name) => {
      if (name.startsWith(".")) {
        const there = relative(FROM, resolve(FROM, dirname(source), name));
        place(there, join(dirname(target), name));
        return all;
      }
      if (!(name in MODULES)) return all; // a word in a comment
      place(...MODULES[name]);
      const way = relative(dirname(target), MODULES[name][1]);
      return `${lead}${q}${way.startsWith(".") ? way : `./${way}`}${q}`;
    }),
  );
}

rmSync(TO, { recursive: true, force: true });
for (const [source, target] of Object.values(MODULES)) place(source, target);

// hash-wasm publishes single algorithms as scripts only; this one sets a global and is done.
const scrypt = readFileSync(join(FROM, "hash-wasm/dist/scrypt.umd.min.js"), "utf8");
write("scrypt.js", `${scrypt}\nexport const scrypt = globalThis.hashwasm.scrypt;\n`);
write("scrypt.d.ts", 'export { scrypt } from "hash-wasm";\n');
for (const way of ["reader", "writer"]) {
  const wasm = readFileSync(join(FROM, `zxing-wasm/dist/${way}/zxing_${way}.wasm`));
  write(`zxing/zxing_${way}.wasm`, wasm);
}
for (const name of TYPES) {
  const rest = name === "htm" ? `export { default } from "${name}";\n` : "";
  write(MODULES[name][1].replace(/\.js$/, ".d.ts"), rest || `export * from "${name}";\n`);
}
for (const name of LICENSED) {
  const { version, license } = JSON.parse(readFileSync(join(FROM, name, "package.json"), "utf8"));
  let text = "";
  for (const file of ["LICENSE", "LICENSE.md", "LICENSE.txt"]) {
    try {
      text ||= readFileSync(join(FROM, name, file), "utf8");
    } catch {}
  }
  write(`licences/${name.replace("/", "-")}.txt`, `${name} ${version} (${license})\n\n${text}`);
}

/** The same module in fewer bytes: no comments, short local names. */
async function small(text) {
  const options = {
    module: true,
    ecma: 2020,
    compress: { passes: 2 },
    format: { comments: false },
  };
  return (await minify(text, options)).code;
}

const modules = (folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));

for (const name of modules(TO)) {
  write(name, await small(readFileSync(join(TO, name), "utf8")));
}
const made = {};
for (const name of modules(join(HERE, "app"))) {
  const source = readFileSync(join(HERE, "app", name));
  made[`app/${name}`] = createHash("sha256").update(source).digest("hex");
  write(join("app", name), await small(source.toString("utf8")));
}
write("app.json", JSON.stringify(made));
