/** How tests run: packages are imported by name, and the names lead to the sources, so no build is needed first. */
import { defineConfig } from "vitest/config";

const conditions = ["shootdown-src"];
/** Where `.ci/run` wants the results, in JSON. */
const report = process.env.SHOOTDOWN_TEST_REPORT;

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "tests/**/*.test.ts"],
    // Vitest keeps a core free for itself, which is half of CI's machine.
    maxWorkers: "100%",
    testTimeout: 300_000,
    hookTimeout: 300_000,
    ...(report ? { reporters: ["default", "json"], outputFile: { json: report } } : {}),
  },
});
