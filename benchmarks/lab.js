/**
 * bench:lab: how soon is there something to see, and does the picture of a long run scroll smoothly?
 *
 * The start page is opened in new profiles: milliseconds until its first view, and from there to the verdict on report 2. Runs
 * of 5,000 steps (8 CPUs from the engine by random choices; 64 CPUs made of eight such, side by side in time) are opened in
 * Chromium, scrolled and stepped through; frame times are those of the browser's own trace. Needs `npm run build` and chromium.
 * Prints a line for the start and one a run.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { examine, explore, prepare } from "@shootdown/doctor";
import { chromium } from "playwright-core";
import { readModelTree } from "../packages/cli/dist/files.js";

const ROOT = join(import.meta.dirname, "..");
const STEPS = 5000;
const SCROLL_FRAMES = 240;
const STARTS = 5;

/** A run of random choices on a sound kernel, as a result document. */
function longRun(cpus) {
  const config = {
    name: "6.12-v7-smp-highmem.config",
    text: readFileSync(join(ROOT, "examples/6.12-v7-smp-highmem.config"), "utf8"),
  };
  const tree = readModelTree();
  const subject = {
    tree,
    config,
    cpu: "cortex-a9",
    sets: new Map(),
    patches: [],
    scenario: "kmap-dma",
    sizes: new Map([["NR_CPUS", cpus]]),
  };
  const prepared = prepare(subject);
  // Few steps at a time would walk the whole run again for each: a fixed pattern of ordinals is tried, and cut where it ends.
  let successors = [];
  for (let pick = 0; successors.length < STEPS; pick++) {
    const longer = [...successors, ...Array.from({ length: 250 }, (_, index) => (index * 7 + pick) % 2)];
    try {
      const { violation } = explore(prepared, longer);
      if (!violation) successors = longer;
    } catch {
      successors = [...successors, ...new Array(250).fill(0)];
    }
  }
  const { initial, trace, schedule } = explore(prepared, successors);
  const mode = { kind: "search", options: { chaining: true, maxStates: 1 } };
  const result = examine({ ...subject, mode, replayCommand: () => "" });
  Object.assign(result.stages.check, { initial, trace, schedule });
  return result;
}

/** The same run eight times, on CPUs of its own each, a step of each in turn. */
function sideBySide(result, copies) {
  const { check } = result.stages;
  const own = check.initial.stands.length;
  const stands = Array.from({ length: own * copies }, (_, cpu) => check.initial.stands[cpu % own]);
  const trace = check.trace.map((step, index) => ({ ...step, cpu: step.cpu + own * (index % copies) }));
  return { ...result, stages: { ...result.stages, check: { ...check, initial: { ...check.initial, stands }, trace } } };
}

async function measureStart(browser, address) {
  const starts = [];
  for (let start = 0; start < STARTS; start++) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const began = performance.now();
    await page.goto(address, { waitUntil: "commit" });
    await page.waitForSelector("h1");
    const seen = performance.now();
    await page.waitForSelector(".finding-picture", { timeout: 120_000 });
    starts.push({ view: seen - began, verdict: performance.now() - seen });
    await context.close();
  }
  const list = (name) => starts.map((start) => start[name].toFixed(0)).join(" ");
  process.stdout.write(`first view ${list("view")} ms, verdict on report 2 after it ${list("verdict")} ms\n`);
}

async function measure(browser, address, name, result) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(address);
  await page.waitForSelector(".drop");
  const buffer = Buffer.from(JSON.stringify(result));
  await page.locator("input[type=file]").setInputFiles({ name: "run.json", mimeType: "application/json", buffer });
  await page.waitForSelector(".run-head .badge");
  await page.waitForTimeout(1500);
  await browser.startTracing(page, {
    categories: ["devtools.timeline.frame", "disabled-by-default-devtools.timeline.frame"],
  });
  await page.evaluate(
    (frames) =>
      new Promise((resolve) => {
        const lanes = document.querySelector(".lanes");
        let frame = 0;
        const next = () => {
          lanes.scrollLeft = (lanes.scrollWidth * frame) / frames;
          lanes.scrollTop = (lanes.scrollHeight - lanes.clientHeight) * Math.abs(Math.sin(frame / 20));
          if (++frame < frames) requestAnimationFrame(next);
          else resolve();
        };
        requestAnimationFrame(next);
      }),
    SCROLL_FRAMES,
  );
  const trace = JSON.parse((await browser.stopTracing()).toString());
  const drawn = trace.traceEvents
    .filter((event) => event.name === "DrawFrame")
    .map((event) => event.ts / 1000)
    .sort((a, b) => a - b);
  const times = drawn
    .slice(1)
    .map((time, index) => time - drawn[index])
    .sort((a, b) => a - b);
  const at = (share) => (times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(1);
  process.stdout.write(
    `${name.padEnd(24)} frames ${times.length}  median ${at(0.5)} ms  95% ${at(0.95)} ms  longest ${at(1)} ms\n`,
  );
  await page.close();
}

const server = spawn(process.execPath, [join(ROOT, "packages/cli/bin/shootdown.js"), "lab"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const address = await new Promise((resolve) => createInterface({ input: server.stdout }).once("line", resolve));
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
try {
  await measureStart(browser, address);
  const run = longRun(8);
  await measure(browser, address, `8 CPUs, ${run.stages.check.trace.length} steps`, run);
  await measure(browser, address, `64 CPUs, ${run.stages.check.trace.length} steps`, sideBySide(run, 8));
} finally {
  await browser.close();
  server.kill();
}
