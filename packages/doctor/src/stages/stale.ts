/**
 * What became of the translation that a stale access used: whose TLB entry it was, since when it was there, what the page
 * table has said since, and where the page is now. Told from the run alone.
 *
 * Knows the names of `packages/machine/mmu.ts`: `tlb` and `pte`, `fixmap_tlb` and `fixmap_pte`; 0 is no entry, else page
 * plus 1. Of anything else (a cache, say) there is nothing to tell, and nothing is told.
 */
import type { Place, TraceStep } from "../result.js";
import { cpuText, shownFrame, where } from "../wording.js";

export interface StaleRun {
  /** What the last step had read. */
  readonly reads: readonly { readonly what: string; readonly value: number }[];
  readonly trace: readonly TraceStep[];
  /** Shared state after boot, by element. */
  readonly boot: Readonly<Record<string, number>>;
}

const TLB = /^tlb\[(\d+)\]\[(\d+)\]$/;
const FIXMAP_TLB = /^fixmap_tlb\[(\d+)\]\[(\d+)\]$/;
const PTE = /^pte\[(\d+)\]$/;
const FIXMAP_PTE = /^fixmap_pte\[(\d+)\]\[(\d+)\]$/;

/** The entry that a read looked up, and the page table's for the same address. */
interface Entry {
  readonly cpu: number;
  readonly tlb: string;
  readonly pte: string;
  /** In words. */
  readonly address: string;
}

function entryOf(what: string): Entry | undefined {
  const shared = TLB.exec(what) ?? undefined;
  if (shared) {
    const [, cpu, va] = shared;
    return { cpu: Number(cpu), tlb: what, pte: `pte[${va}]`, address: `virtual page ${va}` };
  }
  const [, cpu, slot] = FIXMAP_TLB.exec(what) ?? [];
  if (cpu === undefined) return undefined;
  return { cpu: Number(cpu), tlb: what, pte: `fixmap_pte[${cpu}][${slot}]`, address: `its fixmap slot ${slot}` };
}

/** Sentences; none where the access used no translation. */
export function explainStale(run: StaleRun): readonly string[] {
  const entry = run.reads.map(({ what }) => entryOf(what)).findLast((found) => found !== undefined);
  if (!entry) return [];
  const tlb = lastOf(run, entry.tlb);
  const pte = lastOf(run, entry.pte);
  const page = tlb.value - 1;
  const cpu = cpuText(entry.cpu);
  if (tlb.value === 0) {
    return [`${cpu} has no TLB entry for ${entry.address}, and the page table has no mapping there${since(pte)}.`];
  }
  if (pte.value === tlb.value) {
    return [
      `${cpu} reaches page ${page} at ${entry.address}: TLB and page table agree${since(pte)}. The program means another page.`,
    ];
  }
  const table = pte.value === 0 ? "no mapping there" : `page ${pte.value - 1} there`;
  return [
    `${cpu} uses its TLB entry for ${entry.address}, which leads to page ${page}${since(tlb)}.`,
    `The page table has ${table}${since(pte)}; nothing has made ${cpu} forget the entry.`,
    whereIs(run, page),
  ];
}

interface Last {
  readonly value: number;
  readonly step?: number;
  readonly at?: Place;
}

/** What an element holds at the end, and which step left it so. */
function lastOf(run: StaleRun, what: string): Last {
  for (const step of run.trace.toReversed()) {
    const change = step.changes.findLast((c) => c.what === what);
    if (change) return { value: change.to, step: step.step, at: change.at };
  }
  return { value: run.boot[what] ?? 0 };
}

function since({ step, at }: Last): string {
  if (step === undefined) return " (since boot)";
  const frame = at && shownFrame(at);
  return ` (since step ${step}${frame ? `, ${frame.fn}() ${where(frame)}` : ""})`;
}

/** Where a page is mapped at the end of the run. */
function whereIs(run: StaleRun, page: number): string {
  const names = new Set([
    ...Object.keys(run.boot),
    ...run.trace.flatMap((step) => step.changes.map(({ what }) => what)),
  ]);
  const places: string[] = [];
  for (const name of [...names].sort()) {
    const [, va] = PTE.exec(name) ?? [];
    const [, cpu, slot] = FIXMAP_PTE.exec(name) ?? [];
    if ((va === undefined && slot === undefined) || lastOf(run, name).value !== page + 1) continue;
    places.push(va === undefined ? `fixmap slot ${slot} of CPU${cpu}` : `virtual page ${va}`);
  }
  return places.length === 0
    ? `Page ${page} is mapped nowhere now.`
    : `Page ${page} is now at ${places.join(" and ")}.`;
}
