/**
 * TypeScript, for Node, in a third of the time.
 *
 * Where a module imports a CommonJS file, Node first scans all of its text for names that it might export; for
 * TypeScript's 9 MB that takes longer than loading it. Here it finds this small file. And V8 need not compile
 * TypeScript each time: what it made of it stays in `dist`, by version of TypeScript and of V8 and its options. The first
 * run that finds none there writes it as it ends; where `dist` cannot be written, nothing is lost but the time.
 *
 * Bundlers take TypeScript itself: see `imports` in package.json.
 */
"use strict";
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const v8 = require("node:v8");
const vm = require("node:vm");
const { isMainThread } = require("node:worker_threads");

const file = require.resolve("typescript");
const { version } = require("typescript/package.json");
const kept = path.join(__dirname, "..", "dist", `typescript-${version}-${v8.cachedDataVersionTag()}.code`);

function read() {
  try {
    return fs.readFileSync(kept);
  } catch {
    return undefined;
  }
}

/** Whole or not at all: other runs may end at the same time. */
function write(data) {
  const part = `${kept}.${process.pid}`;
  try {
    fs.writeFileSync(part, data);
    fs.renameSync(part, kept);
  } catch {
    fs.rmSync(part, { force: true });
  }
}

const cachedData = read();
const script = new vm.Script(Module.wrap(fs.readFileSync(file, "utf8")), { filename: file, cachedData });
const own = { exports: {} };
const run = script.runInThisContext();
run.call(own.exports, own.exports, Module.createRequire(file), own, file, path.dirname(file));
// At the end it holds the functions that were needed, too.
if (isMainThread && (!cachedData || script.cachedDataRejected)) {
  process.on("exit", () => write(script.createCachedData()));
}
module.exports = own.exports;
