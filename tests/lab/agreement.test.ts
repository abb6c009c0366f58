/**
 * Goal: the page says what the terminal says, and a link is the run that it was made from.
 * Method: ten rows of report 2 in the browser and by `./shootdown check --json`: verdict, states and schedule. Links are
 * opened in new profiles, given to `./shootdown replay`, and damaged.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Result, readReport } from "@shootdown/doctor";
import { encodeAddress } from "@shootdown/doctor/face";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, Lab, WIDE } from "../support/lab.js";
import { embeddedTree } from "../support/model-tree.js";
import { ROOT } from "../support/repository.js";

let lab: Lab;
beforeAll(async () => {
  if (hasBrowser) lab = await Lab.start();
});
afterAll(() => lab?.stop());

function shootdown(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(ROOT, "packages/cli/bin/shootdown.js"), ...args], {
    encoding: "utf8",
    maxBuffer: 1e8,
  });
}

const rows = readReport(embeddedTree(), "2").rows.slice(0, 10);

describe.skipIf(!hasBrowser)("the lab and the terminal (chromium)", () => {
  test.each(rows.map((row) => [row.title, row] as const))("agree: %s", async (_, row) => {
    const { config, cpu, set, at, patches, scenario, sizes } = row;
    const subject = {
      config: { name: config },
      cpu,
      set,
      at,
      patches: patches.map((name) => ({ name })),
      scenario,
      sizes,
    };
    const { page, context, faults } = await lab.open(WIDE, encodeAddress({ view: "doctor", subject }));
    await page.waitForSelector(".doctor-answer > .search-status:not(.running)");
    await page.locator(".stage summary").nth(3).click();
    const shown = {
      verdict: (await page.locator(".stage-verdict").nth(3).innerText()).replace(/\s+/g, " ").replace(/^\S+ /, ""),
      states: Number(
        /([\d,]+) states, [\d,]+ (?:chained )?steps/
          .exec(await page.locator(".evidence").nth(3).innerText())?.[1]
          ?.replaceAll(",", "") ?? 0,
      ),
    };
    await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Run" }).click();
    // The address follows what is shown after a moment: a run if there is one, and else the view alone.
    await page.waitForURL(shown.verdict.includes("sound") || shown.states === 0 ? /#\/run/ : /#\/run.*schedule=/);
    const schedule = /schedule=(s1:[^&]+)/.exec(page.url())?.[1];
    await context.close();

    const words = ["check", join(ROOT, "examples", config), "--cpu", cpu, "--scenario", scenario, "--json"];
    for (const [symbol, value] of Object.entries(set)) words.push("--set", `${symbol}=${value}`);
    if (at !== undefined) words.push("--at", at);
    for (const patch of patches) words.push("--patch", patch);
    for (const [name, value] of Object.entries(sizes)) words.push("--size", `${name}=${value}`);
    const said: Result = JSON.parse(shootdown(...words).stdout);
    const { check } = said.stages;
    const verdict = check.verdict === "sound" && !check.applies ? "does not apply" : check.verdict.replaceAll("-", " ");
    expect({ ...shown, schedule }).toEqual({ verdict, states: check.states, schedule: check.schedule });
    expect(faults).toEqual([]);
  });

  test("a link shows the same step in a new profile, and is the same run at a terminal", async () => {
    const one = await lab.open(WIDE);
    await one.page.getByRole("button", { name: "Step through" }).click();
    for (let step = 1; step < 12; step++) await one.page.keyboard.press("j");
    await one.page.getByRole("button", { name: "Copy link" }).click();
    const link: string = await one.page.evaluate("navigator.clipboard.readText()");
    const line = await one.page.locator(".step-line").innerText();
    await one.context.close();

    const other = await lab.open(WIDE, new URL(link).hash);
    await other.page.waitForSelector(".step-line");
    expect(await other.page.locator(".step-count").innerText()).toBe("12 / 26");
    expect(await other.page.locator(".step-line").innerText()).toBe(line);
    expect(await other.page.locator("h1").innerText()).toContain("CPU0 and CPU1 wait for each other");
    await other.context.close();

    const replayed = shootdown("replay", link);
    expect(replayed.status).toBe(1);
    expect(replayed.stdout).toContain("S2041 deadlock: CPU0 and CPU1 wait for each other");
    expect(replayed.stdout).toContain("run: 26 steps");

    const hash = new URL(link).hash;
    for (const at of [
      hash.indexOf("schedule=") + 30,
      hash.indexOf("cpu=") + 5,
      hash.length - 1,
      hash.indexOf("check="),
    ]) {
      const damaged = hash.slice(0, at) + (hash[at] === "0" ? "1" : "0") + hash.slice(at + 1);
      const page = await lab.open(WIDE, damaged);
      await page.page.waitForSelector(".failure");
      expect(await page.page.locator(".failure").innerText()).toContain("S1603 an address is damaged");
      await page.page.getByRole("button", { name: "Start page" }).click();
      await page.page.waitForSelector(".stages");
      await page.context.close();
      expect(shootdown("replay", lab.address + damaged)).toMatchObject({ status: 2, stdout: "" });
    }
  });

  test("a patch of one's own is part of the link, and is what is saved", async () => {
    const { page, context } = await lab.open(WIDE, "#/patch");
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type('// 1 < 2 && "3"\n');
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector(".stage-list");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as lab.patch" }).click();
    const path = await (await download).path();
    await page.getByRole("button", { name: "Open the run" }).click();
    await page.waitForURL(/#\/run.*schedule=/);
    const link = page.url();
    expect(link).toContain("patch=lab.patch~");
    const replayed = shootdown("replay", link, "--json");
    const words = ["--cpu", "arm11mpcore", "--patch", "report2-kmap-high-get", "--patch", path, "--json"];
    const checked = shootdown("check", join(ROOT, "examples/6.1-arm11mpcore-smp-highmem.config"), ...words);
    const runOf = ({ stdout }: { stdout: string }) => (JSON.parse(stdout) as Result).stages.check.trace;
    expect(runOf(replayed)).toEqual(runOf(checked));
    await context.close();
  });
});
