/**
 * Goal: every view of the lab is reached and worked by the keyboard alone, on a phone and on a wide screen.
 * Method: Tab, Enter, arrows and the view's own keys in Chromium; no click, no focus set by a script. What is done in each
 * view is what it is for: `views.test.ts` does it with the mouse.
 */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { hasBrowser, labOfTests, PHONE, SETTLED, SIZES, tabTo } from "../support/lab.js";

const lab = labOfTests();

/** Tab to it, then Enter. */
async function press(page: Page, name: RegExp): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press("Enter");
}

const stepCount = (page: Page) => page.locator(".step-count").innerText();

describe.skipIf(!hasBrowser).each(SIZES)("the lab by the keyboard alone, on a %s screen (chromium)", (_, size) => {
  const open = (view = "") => lab.open(size, view === "" ? "" : `#/${view}`);

  test("Doctor: another CPU and symbol, evidence; on a phone a prescription, too", async () => {
    const page = await open();
    await page.waitForSelector(".finding-picture");
    if (size === PHONE) {
      await page.waitForSelector(".prescriptions li");
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      await press(page, /^Apply$/);
      await page.waitForSelector(".stage-verdict .well >> text=sound");
      await press(page, /Change$/);
    }
    await tabTo(page, /^CPU/);
    await page.keyboard.type("cortex-a9");
    await page.waitForURL(/cpu=cortex-a9/);
    await tabTo(page, /^HIGHMEM/);
    await page.keyboard.press("Space");
    await page.waitForSelector(".stage-verdict >> text=does not apply");
    await press(page, /check.*Is it sound/s);
    expect(await page.locator(".evidence").nth(3).innerText()).toContain("tasks map highmem pages");
    await press(page, /^Report 2/);
    await page.waitForSelector(".finding-picture");
  });

  test("Run: steps, search, state, a schedule of one's own", async () => {
    const page = await open();
    await page.waitForSelector(".finding-picture");
    await press(page, /^Step through$/);
    expect(await stepCount(page)).toBe("1 / 26");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    expect(await stepCount(page)).toBe("3 / 26");
    expect(await page.locator("[aria-live]").innerText()).toContain("Step 3 of 26: CPU0 in");
    await page.keyboard.press("k");
    await page.keyboard.press("/");
    await page.keyboard.type("kmap_lock");
    const found = [];
    for (let match = 0; match < 5; match++) {
      await page.keyboard.press("Enter");
      found.push(await page.locator(".step-line").innerText());
    }
    // Of 26 steps those five that take or release it, in their order.
    expect(found.map((line) => /(takes|releases) kmap_lock/.exec(line)?.[1])).toEqual([
      "takes",
      "releases",
      "takes",
      "releases",
      "takes",
    ]);
    await page.keyboard.press("Enter");
    expect(await page.locator(".search-missed").innerText()).toBe("no such step");
    await page.keyboard.press("Escape");
    await page.keyboard.press("End");
    expect(await stepCount(page)).toBe("26 / 26");
    if (size === PHONE) {
      await tabTo(page, /^Source$/);
      await page.keyboard.press("ArrowRight");
    }
    const unchanged = page.locator(".value:not(.added, .modified, .deleted)");
    expect(await unchanged.count()).toBeGreaterThan(10);
    await tabTo(page, /^hide what this step left alone/);
    await page.keyboard.press("Space");
    expect(await unchanged.count()).toBe(0);
    expect(await page.locator(".value.added").count()).toBe(1);
    await page.keyboard.press("Home");
    expect(await stepCount(page)).toBe("0 / 26");
    if (size === PHONE) {
      await tabTo(page, /^State$/);
      await page.keyboard.press("ArrowRight");
    }
    await page.waitForSelector(SETTLED);
    await press(page, /writePagesForEver begins/);
    await page.waitForSelector("text=own schedule");
    expect(await stepCount(page)).toBe("1 / 1");
  });

  test("Matrix: a row, a patch before and after, two columns, a cell's run", async () => {
    const page = await open("matrix");
    await page.waitForSelector(".matrix");
    await tabTo(page, /^Before and after a patch/);
    await page.keyboard.type("set-memory-irqs-off");
    await press(page, /^set-memory$/);
    await page.getByRole("button", { name: /^set-memory on V7 SMP HIGHMEM, no broadcast: .*broken/ }).waitFor();
    await tabTo(page, /^Compare V7 SMP HIGHMEM, no broadcast$/);
    await page.keyboard.press("Space");
    await tabTo(page, /^Compare V7 SMP, cortex-a9$/);
    await page.keyboard.press("Space");
    expect(await page.getByRole("region", { name: "Two columns compared" }).innerText()).toContain(
      "→ V7 SMP, cortex-a9",
    );
    await press(page, /^set-memory on V7 SMP HIGHMEM, no broadcast: .*broken/s);
    await page.waitForSelector(".run-head .badge.finding");
  });

  test("Patch: typed, checked, its run; Tab goes through the editor", async () => {
    const page = await open("patch");
    await page.waitForSelector(".cm-content");
    await tabTo(page, /^Text of mm\/highmem.ts/);
    await tabTo(page, /^Check$/);
    expect(await page.locator(".diff").count()).toBe(0);
    await tabTo(page, /^Text of mm\/highmem.ts/);
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("// a remark\n");
    await page.keyboard.press("Control+Enter");
    await page.locator(".stage-list li", { hasText: "deadlock" }).waitFor();
    await press(page, /^Open the run$/);
    expect(await page.locator(".badge").innerText()).toContain("deadlock");
  });

  test("Link: report 1, why its symbol is alive", async () => {
    const page = await open("link");
    await page.waitForSelector(".link-card");
    await press(page, /^Report 1: SMP without MMU$/);
    await page.waitForSelector(".ld-words");
    expect(await page.locator(".call-path").innerText()).toMatch(/^pcpu_alloc_noprof ›.* › flush_tlb_kernel_range$/);
    expect(await page.locator(".decided").last().innerText()).toContain(
      "because vmap_pages_range_noflush() returns -22",
    );
    expect(await page.locator(".link-facts").innerText()).toMatch(/MMU=y fails/);
  });

  test("Allocator: a trace is typed and stepped through, to its bitmaps", async () => {
    const page = await open("allocator");
    await page.waitForSelector(".chunk-card");
    await tabTo(page, /^Trace/);
    await page.keyboard.press("Control+A");
    await page.keyboard.type("a 32768 8 0\na 32768 8 0\n");
    await press(page, /^Run the trace$/);
    await page.waitForSelector(".step-count:has-text('0 / 2')");
    await page.keyboard.press("j");
    expect(await page.locator(".step-line").innerText()).toContain("allocation 0 is in chunk 0, at 0");
    await tabTo(page, /^Operation of the trace$/);
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("article", { name: "Chunk 1" }).innerText()).toContain("+ created");
    await page.keyboard.press("Home");
    expect(await stepCount(page)).toBe("0 / 2");
    await page.keyboard.press("End");
    await press(page, /^Allocation bitmap and hints/);
    expect(
      await page
        .getByRole("img", { name: /of 4096 bytes in use$/ })
        .first()
        .isVisible(),
    ).toBe(true);
  });
});
