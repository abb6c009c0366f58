/**
 * Goal: the percpu allocator decides as Linux's own does: the same chunk, offset and failure for each request, the same state
 * and hints, the same chunks made and destroyed, the same flushes in the same order.
 * Method: random traces through mm/percpu.ts at full size and through Linux's mm/percpu.c in a harness; the outputs must be
 * equal line for line, with every index checked and every lock held that should be. `npm run oracle:percpu` runs all
 * combinations, this file alone a few of each. SHOOTDOWN_SEED changes the traces.
 * Skipped where the kernel's sources, gcc or python3 are not installed. A failure names the command of both sides.
 */
import { readFileSync } from "node:fs";
import { allocatorRequest, compileAllocator, PercpuTrace, type PercpuTraceOptions } from "@shootdown/doctor";
import { beforeAll, describe, expect, it } from "vitest";
import { embeddedTree } from "../../support/model-tree.js";
import { buildHarness, generateTrace, missingForHarness, type Profile, runHarness } from "./harness.js";

const FULL = process.env.SHOOTDOWN_ORACLE === "full";
const SEED = Number(process.env.SHOOTDOWN_SEED ?? 1);
const OPERATIONS = FULL ? 4000 : 1500;
const LIVE = 400;

const PROFILES: readonly Profile[] = ["small", "mixed", "big", "atomic"];
const BACKENDS = ["vm", "km"] as const;
const GEOMETRIES: readonly (readonly [unitPages: number, units: number])[] = [
  [8, 1],
  [8, 4],
  [16, 8],
  [11, 3],
  [64, 64],
];
const BALANCES = ["eager", "manual", "off"] as const;

interface Case extends Partial<PercpuTraceOptions> {
  readonly profile: Profile;
}

const base = { static: 4096, reserved: 0, balance: "eager", nommu: false, events: true, checked: true } as const;

/** Everything with everything, and then the rarer options. */
function allCases(): readonly Case[] {
  const plain = PROFILES.flatMap((profile) =>
    BACKENDS.flatMap((backend) =>
      GEOMETRIES.flatMap(([unitPages, units]) =>
        BALANCES.map((balance) => ({ profile, backend, unitPages, units, balance })),
      ),
    ),
  );
  const rare = PROFILES.flatMap((profile): readonly Case[] => [
    ...BALANCES.flatMap((balance): readonly Case[] => [
      { profile, backend: "vm", unitPages: 16, units: 8, balance, failAfter: 300 },
      { profile, backend: "km", unitPages: 8, units: 4, balance, failAfter: 200 },
      { profile, backend: "vm", unitPages: 11, units: 3, balance, failAfter: 40, reserved: 8192 },
      { profile, backend: "vm", unitPages: 8, units: 4, balance, nommu: true },
    ]),
    { profile, backend: "vm", unitPages: 16, units: 4, static: 5001, reserved: 8192, dyn: 30001 },
    { profile, backend: "km", unitPages: 16, units: 4, static: 1, reserved: 20480 },
    { profile, backend: "vm", unitPages: 16, units: 4, events: false, checked: false },
    { profile, backend: "km", unitPages: 8, units: 4, failAfter: 0, checked: false },
  ]);
  return [...plain, ...rare];
}

/** Each value of each option at least once or twice. */
function someCases(): readonly Case[] {
  const all = allCases();
  return all.filter((_, i) => i % 11 === 4);
}

function args(options: PercpuTraceOptions): string[] {
  const { unitPages, units, dyn, failAfter } = options;
  return [
    `${unitPages}`,
    `${units}`,
    `--static=${options.static}`,
    `--reserved=${options.reserved}`,
    ...(dyn === undefined ? [] : [`--dyn=${dyn}`]),
    `--balance=${options.balance}`,
    ...(failAfter === undefined ? [] : [`--fail-after=${failAfter}`]),
    ...(options.nommu ? ["--nommu"] : []),
    ...(options.events ? ["--events"] : []),
  ];
}

function ours(options: PercpuTraceOptions, trace: string): string[] {
  const lines: string[] = [];
  const run = new PercpuTrace(compileAllocator(embeddedTree(), allocatorRequest(options)), options, (line) =>
    lines.push(line),
  );
  for (const line of trace.split("\n")) run.run(line, "trace");
  run.end();
  return lines;
}

const missing = missingForHarness();
const cases = FULL ? allCases() : someCases();

describe.skipIf(missing !== undefined)(
  `against Linux's percpu.c${missing === undefined ? "" : ` (needs ${missing})`}`,
  () => {
    let harness = "";
    const traces = new Map<Profile, string>();
    beforeAll(() => {
      harness = buildHarness();
      for (const [i, profile] of PROFILES.entries()) {
        const text = generateTrace(SEED * 10 + i, OPERATIONS, LIVE, profile);
        // Some requests go to the reserved chunk, and the work runs unasked now and then.
        const lines = text
          .split("\n")
          .map((line, n) => (n % 13 === 0 ? line.replace(/^a (\d+) (\d+) \d$/, "r $1 $2") : line));
        traces.set(profile, lines.flatMap((line, n) => (n % 97 === 0 ? [line, "B"] : [line])).join("\n"));
      }
    });

    it.each(
      cases.map(
        (c) => [`${c.profile} ${c.backend} ${args({ ...base, ...c } as PercpuTraceOptions).join(" ")}`, c] as const,
      ),
    )("%s", (_, c) => {
      const options = { ...base, ...c } as PercpuTraceOptions;
      const trace = traces.get(c.profile)!;
      const theirs = runHarness(`${harness}-${options.backend}`, args(options), trace).trimEnd().split("\n");
      const lines = ours(options, trace);
      const first = theirs.findIndex((line, i) => line !== lines[i]);
      expect({ line: first, ours: lines[first], allOfIt: lines.length }).toEqual({
        line: -1,
        ours: undefined,
        allOfIt: theirs.length,
      });
      expect(theirs.at(-1)).toBe("end warnings=0");
    });

    it("the traces reach what they are for", () => {
      const all = [...traces.values()].join("\n");
      expect(all).toMatch(/^r /m);
      expect(all).toMatch(/^s$/m);
      expect(all).toMatch(/^b$/m);
      const events = runHarness(`${harness}-vm`, ["8", "4", "--events", "--balance=eager"], traces.get("big")!);
      for (const event of [
        "create chunk",
        "destroy chunk",
        "flush_tlb_kernel_range",
        "flush_cache_vmap",
        "flush_cache_vunmap",
      ]) {
        expect(events).toContain(`E ${event}`);
      }
      expect(events).toMatch(/\(sidelined\)|\(depop\)|\(free\)/);
    });
  },
);

describe("the comparison", () => {
  it("sees a changed decision", () => {
    const path = "kernel/mm/percpu-hints.ts";
    const right = embeddedTree();
    const text = right.read(path)!;
    const wrong = text.replace(
      "  } else if (contig === contig_hint) {",
      "  } else if (contig === contig_hint && false) {",
    );
    expect(wrong).not.toBe(text);
    const trace = readFileSync(new URL("regions.trace", import.meta.url), "utf8");
    const lines = (tree: typeof right): string[] => {
      const result: string[] = [];
      const options = { ...base, backend: "km", unitPages: 8, units: 1 } as const;
      const run = new PercpuTrace(compileAllocator(tree, allocatorRequest(options)), options, (line) =>
        result.push(line),
      );
      for (const line of trace.split("\n")) run.run(line, "regions.trace");
      return result;
    };
    expect(lines(right.with(new Map([[path, wrong]])))).not.toEqual(lines(right));
  });
});
