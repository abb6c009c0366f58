/**
 * What the export knows of programs, whatever CPU they run on and however often they are written: bounds of shared state and of
 * locals, control flow between step points. Found once, because a flat program has thousands of blocks.
 *
 * Used by `export.ts` and `step.ts`. A region is turned to the step that is being written: one process at a time.
 */
import type { LocalId } from "@shootdown/ir";
import type { Root, System } from "../system.js";
import { type GlobalRanges, globalRanges, localRanges } from "./bounds.js";
import type { Interval } from "./expr.js";
import { Region } from "./region.js";

/** By block, the bounds of locals at its start; of blocks that cannot be reached, none. */
export type BlockRanges = readonly (ReadonlyMap<LocalId, Interval> | undefined)[];

export class Facts {
  readonly globals: GlobalRanges;
  private readonly regions = new Map<Root, Region>();
  private readonly ofLocals = new Map<Root, BlockRanges>();

  constructor(system: System) {
    this.globals = globalRanges(system);
  }

  region(root: Root): Region {
    let region = this.regions.get(root);
    if (!region) this.regions.set(root, (region = new Region(root)));
    return region;
  }

  ranges(root: Root): BlockRanges {
    let ranges = this.ofLocals.get(root);
    if (!ranges) this.ofLocals.set(root, (ranges = localRanges(root.program.fn, this.globals)));
    return ranges;
  }
}
