import { defineConfig } from "vitest/config";

// Packages are imported by name; under test the names lead to the sources, so no build is needed first.
const conditions = ["shootdown-src"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "tests/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
});
