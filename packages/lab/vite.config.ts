/**
 * How the page is made: static files under `dist/site` that any web server, or `./shootdown lab`, can serve.
 *
 * The model tree and the example configurations are part of the page (`virtual:model-tree`), so that it asks no server
 * for anything once it is loaded. Packages are read from their sources: no build has to come first.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { defineConfig, type Plugin } from "vite";

const PACKAGES = join(import.meta.dirname, "..");
const VIRTUAL = "virtual:model-tree";
const SITE = "dist/site";
const LIST = "files.json";
/** As the terminal face reads a model tree. */
const TREE_FILE = /(\.ts|\.json|\.patch|(^|\/)Kconfig[^/]*|(^|\/)Makefile|(^|\/)Kbuild)$/;
const NOT_TREE = /(^|\/)(package|tsconfig)\.json$/;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.name === "node_modules") return [];
      return entry.isDirectory() ? filesUnder(path) : [path];
    })
    .sort();
}

function modelTree(): Plugin {
  return {
    name: "model-tree",
    resolveId: (id) => (id === VIRTUAL ? `\0${VIRTUAL}` : undefined),
    load(id) {
      if (id !== `\0${VIRTUAL}`) return undefined;
      const files: [string, string][] = [];
      for (const name of ["machine", "kernel"]) {
        for (const path of filesUnder(join(PACKAGES, name))) {
          const inside = relative(PACKAGES, path).replaceAll("\\", "/");
          if (!TREE_FILE.test(inside) || NOT_TREE.test(inside)) continue;
          this.addWatchFile(path);
          files.push([inside, readFileSync(path, "utf8")]);
        }
      }
      const examples = filesUnder(join(PACKAGES, "../examples"))
        .filter((path) => path.endsWith(".config"))
        .map((path) => [relative(join(PACKAGES, "../examples"), path), readFileSync(path, "utf8")]);
      const text = (value: unknown) => `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
      return `export const files = ${text(files)};\nexport const examples = ${text(examples)};`;
    },
  };
}

/** `files.json`: all that the page is made of, for `public/offline.js`. */
function fileList(): Plugin {
  return {
    name: "file-list",
    writeBundle({ dir: site = SITE }) {
      const files = filesUnder(site).map((path) => relative(site, path).replaceAll("\\", "/"));
      writeFileSync(join(site, LIST), `${JSON.stringify(files.filter((path) => path !== LIST))}\n`);
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  resolve: { conditions: ["shootdown-src", "browser", "module", "import", "default"] },
  plugins: [modelTree(), fileList()],
  worker: { format: "es", plugins: () => [modelTree()] },
  build: {
    outDir: SITE,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 8000,
    reportCompressedSize: false,
  },
});
