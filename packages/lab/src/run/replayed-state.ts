/**
 * The shared state after each step of a run, from its start and what each step changed.
 *
 * A state is found from the nearest checkpoint before it, so that scrubbing through thousands of steps stays fast.
 */
import type { Result, TraceStep } from "@shootdown/doctor/face";

type Start = NonNullable<Result["stages"]["check"]["initial"]>;

export interface Element {
  /** As kernel TypeScript writes it: `tlb[0][1]`. */
  readonly name: string;
  readonly value: number;
  /** Its value before the step, if the step changed it. */
  readonly before?: number;
}

export interface HeldLock {
  readonly name: string;
  readonly holder?: { readonly cpu: number; readonly context: string };
  readonly isChanged: boolean;
}

export interface SharedState {
  readonly elements: readonly Element[];
  readonly locks: readonly HeldLock[];
}

const CHECKPOINT_STEPS = 128;

export class ReplayedState {
  private readonly checkpoints: Map<string, number>[] = [];

  constructor(
    private readonly start: Start,
    private readonly trace: readonly TraceStep[],
  ) {
    const values = new Map(Object.entries(start.shared));
    this.checkpoints.push(new Map(values));
    trace.forEach((step, index) => {
      for (const { what, to } of step.changes) values.set(what, to);
      if ((index + 1) % CHECKPOINT_STEPS === 0) this.checkpoints.push(new Map(values));
    });
  }

  /** After `step` steps; 0 is the start. */
  at(step: number): SharedState {
    const nearest = Math.floor(step / CHECKPOINT_STEPS);
    const values = new Map(this.checkpoints[nearest]!);
    for (let index = nearest * CHECKPOINT_STEPS; index < step; index++) {
      for (const { what, to } of this.trace[index]!.changes) values.set(what, to);
    }
    const last = this.trace[step - 1];
    const changed = new Map(last?.changes.map(({ what, from }) => [what, from]));
    const elements = [...values].map(([name, value]): Element => {
      const before = changed.get(name);
      return before === undefined ? { name, value } : { name, value, before };
    });
    return { elements, locks: this.locksAt(step) };
  }

  private locksAt(step: number): HeldLock[] {
    const touched = new Set(this.trace[step - 1]?.locks?.map(({ what }) => what));
    return this.start.locks.map(({ what, holder }): HeldLock => {
      let now = holder;
      for (let index = step - 1; index >= 0; index--) {
        const change = this.trace[index]!.locks?.find((lock) => lock.what === what);
        if (!change) continue;
        now = change.holder;
        break;
      }
      return { name: what, holder: now, isChanged: touched.has(what) };
    });
  }
}

/** Locks of one array that are all free and were left alone are one line: `vmap_block[0–15].lock`. */
export function foldLocks(locks: readonly HeldLock[]): readonly HeldLock[] {
  const familyOf = ({ name }: HeldLock) => name.replace(/\[\d+\]/, "[]");
  const isQuiet = (lock: HeldLock) => familyOf(lock) !== lock.name && !lock.holder && !lock.isChanged;
  const quiet = new Map<string, HeldLock[]>();
  for (const lock of locks.filter(isQuiet)) quiet.set(familyOf(lock), [...(quiet.get(familyOf(lock)) ?? []), lock]);
  const folded = new Set<string>();
  return locks.flatMap((lock) => {
    const family = familyOf(lock);
    const list = isQuiet(lock) ? quiet.get(family)! : [];
    if (list.length < 2) return [lock];
    if (folded.has(family)) return [];
    folded.add(family);
    const [first, last] = [list[0]!, list.at(-1)!].map(({ name }) => /\[(\d+)\]/.exec(name)![1]);
    const isWhole = Number(last) - Number(first) + 1 === list.length;
    return [{ ...lock, name: family.replace("[]", isWhole ? `[${first}–${last}]` : "[the others]") }];
  });
}

export interface Family {
  /** `tlb`, `csd.func` */
  readonly name: string;
  readonly rows: readonly { readonly label: string; readonly elements: readonly Element[] }[];
}

export interface Group {
  readonly name: string;
  readonly families: readonly Family[];
}

/** What belongs together in the reader's mind, by the name of the declared state. */
const GROUPS: readonly (readonly [group: string, names: RegExp])[] = [
  ["Page table", /^(pte|fixmap_pte)$/],
  ["TLBs", /tlb$/],
  ["Permanent mappings", /^(pkmap_|last_pkmap_nr|page_address_map)/],
  ["Temporary mappings", /^kmap_ctrl/],
  ["Caches", /cache/],
  ["IPIs", /^(ipiRaised|csd|call_single_queue)/],
  [
    "Percpu",
    /^(pcpu|md_blocks|alloc_map|bound_map|populated|isChunk|list\b|to_free|page_index|pages\b|areas|region_bits|skipped_)/,
  ],
  ["vmalloc", /^(vmap_|vm_|busy\b|lazy\b|purge_list|free_list|drain_vmap|isTaken|blockIsAllocated|readers|isReading)/],
  ["Pages", /^isAllocated/],
  ["Tasks", /^(task_state|current)/],
];
const OTHER = "Other state";

/** Elements by group, family and row; families of two dimensions have a row for each CPU or first index. */
export function groupElements(elements: readonly Element[]): readonly Group[] {
  const families = new Map<string, Element[]>();
  for (const element of elements) {
    const name = element.name.replace(/\[\d+\]/g, "");
    const list = families.get(name);
    if (list) list.push(element);
    else families.set(name, [element]);
  }
  const groups = new Map<string, Family[]>();
  for (const [name, list] of families) {
    const group = GROUPS.find(([, names]) => names.test(name))?.[0] ?? OTHER;
    const family = { name, rows: rowsOf(name, list) };
    groups.set(group, [...(groups.get(group) ?? []), family]);
  }
  return [...GROUPS.map(([name]) => name), OTHER].flatMap((name) => {
    const list = groups.get(name);
    return list ? [{ name, families: list }] : [];
  });
}

function indicesOf(name: string): string[] {
  return [...name.matchAll(/\[(\d+)\]/g)].map((match) => match[1]!);
}

function rowsOf(name: string, list: readonly Element[]): Family["rows"] {
  if (indicesOf(list[0]!.name).length < 2) return [{ label: "", elements: list }];
  const rows = new Map<string, Element[]>();
  for (const element of list) {
    const label = shownRow(name, indicesOf(element.name)[0]!);
    rows.set(label, [...(rows.get(label) ?? []), element]);
  }
  return [...rows].map(([label, elements]) => ({ label, elements }));
}

/** `added`: from nothing; `deleted`: to nothing. */
export function changeKind({ value, before }: Element): "added" | "modified" | "deleted" | undefined {
  if (before === undefined) return undefined;
  return before === 0 ? "added" : value === 0 ? "deleted" : "modified";
}

/** How a change is shown to those who do not see its colour. */
export const CHANGE_SIGNS = { added: "+", modified: "~", deleted: "−" } as const;

/** Mappings hold a page's number plus 1: an entry of a page table, or a CPU's copy of one. */
const MAPPINGS = /^(pte|tlb|fixmap_pte|fixmap_tlb|kmap_ctrl_pteval)\b/;
/** Their first index is a CPU. */
const PER_CPU = /^(tlb|fixmap_tlb|fixmap_pte|kmap_ctrl_\w+|csd)\b/;

/** A value as people read it. */
export function shownValue(name: string, value: number): string {
  if (!MAPPINGS.test(name)) return String(value);
  return value === 0 ? "–" : `page ${value - 1}`;
}

/** The name of a row by its first index. */
function shownRow(family: string, index: string): string {
  return PER_CPU.test(family) ? `CPU${index}` : `[${index}]`;
}
