/**
 * TypeScript, for Node. Where a module imports a CommonJS file, Node first scans all of its text for names that it might
 * export; for TypeScript's 9 MB that takes longer than loading it. Here it finds a file of two lines. Bundlers take
 * TypeScript itself: see `imports` in package.json.
 */
"use strict";
const typescript = require("typescript");
module.exports = typescript;
