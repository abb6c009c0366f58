/**
 * Goal: each view of the lab does what it is for, with the mouse, on a phone and on a wide screen.
 * Method: Chromium on `./shootdown lab`; after each view axe-core looks for what keeps people out, and the page must have
 * asked nobody, broken no policy and thrown nothing. (`keyboard.test.ts` does the same without a mouse.)
 */
import { encodeAddress } from "@shootdown/doctor/face";
import type { Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import {
  goToView,
  hasBrowser,
  labOfTests,
  PHONE,
  SETTLED,
  SIZES,
  seriousFindings,
  unfoldQuestion,
  VIEWS,
  WIDE,
} from "../support/lab.js";

const { open } = labOfTests();

/** Texts with one blank where the layout breaks lines. */
async function textsOf(locator: Locator): Promise<string[]> {
  return (await locator.allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
}

/** The start page with report 2's verdict. */
async function openReport2(viewport: typeof WIDE) {
  const page = await open(viewport);
  await page.waitForSelector(".finding-picture");
  return page;
}

describe.skipIf(!hasBrowser)("the lab (chromium)", () => {
  describe.each(SIZES)("on a %s screen, with the mouse", (_, size) => {
    test("shows report 2's deadlock at once, and the evidence of each stage", async () => {
      const page = await openReport2(size);
      expect(await textsOf(page.locator(".stage-verdict"))).toEqual(["✓ as asked", "✓ links", "✓ boots", "✕ deadlock"]);
      expect(await page.locator(".finding-picture h2").innerText()).toBe("CPU0 and CPU1 wait for each other");
      expect(await page.locator(".wait-box.in-cycle").count()).toBe(2);
      await page.locator(".stage summary").nth(3).click();
      expect(await page.locator(".witnesses").innerText()).toContain("pkmap wraps");
      expect(await seriousFindings(page)).toEqual([]);
    });

    test("is no wider than the screen, in any view", async () => {
      const page = await openReport2(size);
      for (const name of VIEWS) {
        await goToView(page, name);
        await page.waitForSelector(`.view.${name.toLowerCase()}-view`);
        expect([name, await page.evaluate("document.documentElement.scrollWidth <= innerWidth")]).toEqual([name, true]);
      }
    });

    test("walks a run: by click, slider and search; source, state and Linux's name follow", async () => {
      const page = await openReport2(size);
      await page.getByRole("button", { name: "Step through" }).click();
      const panel = async (name: string) => {
        if (size === PHONE) await page.getByRole("tab", { name }).click();
        return page.getByRole(size === PHONE ? "tabpanel" : "region", { name, exact: true });
      };
      expect(await page.locator(".step-count").innerText()).toBe("1 / 26");
      await page.getByRole("button", { name: "Step forward" }).click();
      await page.getByLabel("Next step that touches").fill("kmap_lock");
      await page.getByRole("button", { name: "Next match" }).click();
      expect(await page.locator(".step-line").innerText()).toContain("takes kmap_lock");
      const source = await panel("Source");
      expect(await source.locator("li.current").innerText()).toContain("lock");
      expect(await source.innerText()).toContain("mm/highmem.c lock_kmap()");
      const state = await panel("State");
      expect(await state.locator(".locks").innerText()).toMatch(/kmap_lock[\s\S]*CPU0/);
      await state.getByRole("checkbox").check();
      expect(await state.locator(".family").count()).toBe(0);
      await page.getByRole("slider").fill("26");
      expect(await page.locator(".step-line").innerText()).toContain("ipiRaised[0] = 1");
      expect(await state.locator(".value.added").innerText()).toMatch(/\+/);
      const box = (await page.locator(".lanes-area").boundingBox())!;
      await page.evaluate("document.querySelector('.lanes').scrollLeft = 0");
      await page.locator(".lanes-area").click({ position: { x: 5, y: Math.min(20, box.height / 2) } });
      expect(await page.locator(".step-count").innerText()).toBe("1 / 26");
      expect(await seriousFindings(page)).toEqual([]);
    });

    test("makes a schedule of one's own, and says what is still ahead", async () => {
      const page = await openReport2(size);
      await page.getByRole("button", { name: "Open its end" }).click();
      await page.getByRole("button", { name: "Step back" }).click();
      if (size === PHONE) await page.getByRole("tab", { name: "What next" }).click();
      await page.waitForSelector(".outlook.ahead");
      expect(await page.locator(".outlook").innerText()).toContain("A deadlock is one step ahead");
      expect(await page.locator(".choices .blocked").innerText()).toBe("waits for kmap_lock, held by CPU1");
      await page.locator(".choices button").last().click();
      await page.waitForSelector(".outlook.found");
      expect(await page.locator(".badge").innerText()).toContain("deadlock");
      expect(page.url()).toContain("schedule=s1:kmap-dma:");
      // The other way round: a kernel that is sound, where nothing is ahead of any choice.
      await goToView(page, "Doctor");
      await unfoldQuestion(page);
      await page.getByLabel("Scenario").selectOption("kmap-alias");
      await page.waitForSelector(".stage-verdict .well >> text=sound");
      await goToView(page, "Run");
      await page
        .getByRole("button", { name: /(Start a|New) schedule/ })
        .first()
        .click();
      if (size === PHONE) await page.getByRole("tab", { name: "What next" }).click();
      await page.locator(SETTLED).first().click();
      await page.waitForSelector(".outlook.clear");
      expect(await seriousFindings(page)).toEqual([]);
    });

    test("fills the matrix, stops, shows a patch's impact, compares, and opens a cell's run", async () => {
      const page = await open(size, "#/matrix");
      await page.getByRole("button", { name: "Fill the matrix" }).click();
      await page
        .getByRole("button", { name: /: searching/ })
        .first()
        .waitFor();
      const status = page.locator(".search-status");
      await status.getByText(/\d+ of \d+ cells, \d+ s · .* [\d,]+ states\/s · depth \d+ · [\d.]+ MB/).waitFor();
      await page.getByRole("button", { name: "Stop" }).click();
      await page.getByLabel("Before and after a patch").selectOption("set-memory-irqs-off");
      await page.getByRole("rowheader", { name: "set-memory" }).getByRole("button").click();
      const broken = page.getByRole("button", {
        name: /^set-memory on V7 SMP HIGHMEM, no broadcast: sound.* deadlock.* broken/,
      });
      await broken.waitFor();
      await page
        .getByRole("button", { name: "Stop" })
        .or(page.getByRole("button", { name: "Fill the rest" }))
        .click();
      await page.getByRole("checkbox", { name: "Compare V6 SMP HIGHMEM, arm11mpcore" }).check();
      await page.getByRole("checkbox", { name: "Compare V7 SMP HIGHMEM, no broadcast" }).check();
      const row = page.locator(".comparison li", { hasText: "set-memory" });
      expect(await textsOf(row)).toEqual(["set-memory sound unchanged"]);
      expect(await seriousFindings(page)).toEqual([]);
      await broken.click();
      await page.waitForSelector(".run-head .badge.finding");
      expect(await page.locator(".run-facts").innerText()).toContain("6.12-v7-smp-highmem on arm11mpcore");
    });

    test("says why report 1's symbol is alive, who would define it, and that the two never meet", async () => {
      const page = await open(size);
      await page.getByRole("button", { name: "Report 1" }).click();
      await page.waitForSelector(".stage-verdict >> text=undefined reference");
      // Kconfig changed something: neither well nor a finding.
      expect((await textsOf(page.locator(".stage-verdict")))[0]).toBe("~ adjusted");
      await page.getByRole("button", { name: "Why it is alive" }).click();
      expect(await page.locator(".ld-words").innerText()).toContain("undefined reference to 'flush_tlb_kernel_range'");
      expect(await page.locator(".live-path").innerText()).toContain("vmap_pages_range_noflush() returns -22");
      expect(await page.locator(".link-facts").innerText()).toContain("smp_tlb.o");
      expect(await seriousFindings(page)).toEqual([]);
    });

    test("runs a percpu trace, operation by operation", async () => {
      const page = await open(size, "#/allocator");
      // The example runs by itself.
      await page.waitForSelector(".chunk-card");
      for (let operation = 0; operation < 5; operation++) await page.keyboard.press("j");
      expect(await page.locator(".step-count").innerText()).toBe("5 / 12");
      expect(await page.getByRole("article", { name: "Chunk 1" }).innerText()).toContain("+ created");
      expect(
        await page.getByRole("img", { name: /^1 areas in use; largest free region 32768 bytes at 32768/ }).count(),
      ).toBe(1);
      expect(await page.getByRole("img", { name: "pages populated: 0–7, of 16" }).count()).toBe(1);
      expect(await textsOf(page.locator(".slots .taken"))).toEqual(["12 0", "13 +1"]);
      const created = page.getByRole("article", { name: "Chunk 1" });
      await created.getByText("block by block").click();
      const bits = created.getByRole("img", { name: /^\d+ of 4096 bytes in use$/ });
      expect(await bits.count()).toBe(16);
      expect(await bits.nth(7).getAttribute("aria-label")).toBe("4096 of 4096 bytes in use");
      expect(await bits.nth(8).getAttribute("aria-label")).toBe("0 of 4096 bytes in use");
      expect(await seriousFindings(page)).toEqual([]);
      await page.locator("textarea").fill("a 128 8 0\nf 0\nf 9\n");
      await page.getByLabel("Chunks from").selectOption("km");
      await page.getByRole("button", { name: "Run the trace" }).click();
      await page.waitForSelector(".step-count:has-text('0 / 3')");
      await page.getByRole("slider").fill("2");
      expect(await page.locator(".step-line").innerText()).toContain("frees allocation 0: chunk 0, at 0");
      await page.getByRole("button", { name: "Operation forward" }).click();
      expect(await page.locator(".step-line").innerText()).toContain("there is no allocation 9");
    });

    test("checks what is typed, marks errors in place, and keeps text as text", async () => {
      const page = await open(size, "#/patch");
      const editor = page.locator(".cm-content");
      await editor.click();
      await page.keyboard.press("Control+Home");
      await page.keyboard.type('export const x: u8 = "<img src=x onerror=alert(1)>";\n');
      await page.keyboard.press("Control+Enter");
      await page.waitForSelector(".patch-answer .failure");
      expect(await page.locator(".failure").innerText()).toContain("S1501");
      expect(await page.locator(".cm-lintRange-error").count()).toBeGreaterThan(0);
      expect(await page.locator(".patch-answer img").count()).toBe(0);
      expect(await page.locator(".diff").innerText()).toContain('+export const x: u8 = "<img');
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByRole("button", { name: "Drop changes" }).click();
      expect(await page.locator(".cm-line").first().innerText()).toBe("/**");
    });
  });

  test("says what would fix it, and applies it", async () => {
    const page = await openReport2(WIDE);
    await page.waitForSelector(
      ".prescriptions >> text=/Trying \\d+ of \\d+ changes.* [\\d,]+ states\\/s · depth \\d+/",
    );
    const fix = page.locator(".prescriptions li", { hasText: "CONFIG_HIGHMEM=n" });
    expect(await fix.innerText()).toMatch(/takes away HIGHMEM[\s\S]*sound in \d+ scenarios/);
    await fix.getByRole("button", { name: "Apply" }).click();
    await page.waitForSelector(".stage-verdict >> text=does not apply");
    expect(await page.getByRole("checkbox", { name: /^HIGHMEM/ }).isChecked()).toBe(false);
    await page.getByRole("button", { name: "Report 2" }).click();
    await page
      .locator(".prescriptions li", { hasText: "without the patch report2-kmap-high-get" })
      .getByRole("button", { name: "Apply" })
      .click();
    await page.waitForSelector(".stage-verdict .well >> text=sound");
    expect(await page.locator(".patches li").count()).toBe(0);
  });

  test("shows the percpu chunks and their bitmaps in the state of a run", async () => {
    const subject = {
      config: { name: "6.12-v7-smp-highmem.config" },
      cpu: "cortex-a9",
      set: {},
      patches: [],
      scenario: "percpu-second-chunk",
      sizes: {},
    };
    const page = await open(WIDE, encodeAddress({ view: "run", subject }));
    await page.getByRole("button", { name: "Start a schedule of your own" }).click();
    for (let step = 1; step <= 8; step++) {
      await page.locator(SETTLED).first().click();
      await page.waitForSelector(`.step-count:has-text("${step} / ${step}")`);
    }
    await page.getByLabel("Next step that touches").fill("alloc_map");
    await page.getByRole("button", { name: "Previous match" }).click();
    const chunk = page.getByRole("article", { name: "Chunk 0" });
    expect(await chunk.locator("h5").innerText()).toContain("slot");
    expect(await chunk.getByRole("img", { name: /^alloc_map [01]+, changed: bit 0/ }).count()).toBe(1);
    expect(await seriousFindings(page)).toEqual([]);
  });
});
