/**
 * What a step reads and writes, in terms of the exported variables: places, values of expressions, and the writes
 * themselves. A write first saves what is still needed of the value that it overwrites.
 *
 * Used by `step.ts` and what it is made of.
 */
import {
  constant,
  type Expr,
  exprType,
  type Instr,
  type LocalId,
  mapExpr,
  type PlaceRef,
  placeName,
  simplify,
  type ValueType,
} from "@shootdown/ir";
import type { System } from "../system.js";
import { bare } from "./expr.js";
import type { Path } from "./path.js";
import type { Region } from "./region.js";
import { key, type Place, type Terms, type Variables } from "./terms.js";

export class StepMemory {
  /** Hidden temporaries that the widest way of a step uses. */
  temporaries = 0;

  constructor(
    private readonly system: System,
    private readonly cpu: number,
    private readonly region: Region,
    private readonly terms: Terms,
    private readonly variables: Variables,
  ) {}

  /** The interrupt mask of this CPU, as a location. */
  get irqLocation(): number {
    return this.system.globals.length + this.cpu;
  }

  value(env: ReadonlyMap<LocalId, Expr>, expr: Expr): Expr {
    return simplify(
      mapExpr(expr, (e) => {
        if (e.kind === "cpu") return constant(e.type, this.cpu);
        return e.kind === "local" ? (env.get(e.local) ?? constant(e.type, 0)) : e;
      }),
    );
  }

  newTemporary(path: Path, type: ValueType): Expr {
    const number = path.temporary++;
    this.temporaries = Math.max(this.temporaries, number + 1);
    return this.terms.leaf({ kind: "variable", name: this.variables.temporary(number) }, type);
  }

  place(path: Path, ref: PlaceRef): Place {
    return {
      location: this.system.globalIndex.get(placeName(ref)!)!,
      before: ref.index.map((expr) => this.value(path.before, expr)),
      now: ref.index.map((expr) => this.value(path.now, expr)),
    };
  }

  writePlace(path: Path, place: Place, before: Expr, now: Expr, instr: Instr): void {
    const live = this.region.liveAfter.get(instr)!;
    this.save(path, place, live);
    const target = this.terms.leafOf(place.location, place.now);
    path.out.push({
      text: `${this.terms.text(target)} = ${bare(this.terms.text(before.kind === "const" ? before : now))}`,
    });
    path.writes.push({ location: place.location, index: place.before, value: before });
  }

  write(
    path: Path,
    location: number,
    index: readonly Expr[],
    before: Expr,
    now: Expr,
    live: ReadonlySet<LocalId>,
  ): void {
    this.save(path, { location, before: index, now: index }, live);
    path.out.push({ text: `${this.terms.text(this.terms.leafOf(location, index))} = ${bare(this.terms.text(now))}` });
    path.writes.push({ location, index, value: before });
  }

  /** Copies to temporaries what is still needed of an element that is about to be written. */
  private save(path: Path, place: Place, live: ReadonlySet<LocalId>): void {
    const saved = new Map<string, Expr>();
    for (const local of live) {
      const now = path.now.get(local);
      if (now === undefined || !this.terms.mentions(now, place)) continue;
      let temporary = saved.get(key(now));
      if (!temporary) {
        temporary = this.newTemporary(path, exprType(now));
        saved.set(key(now), temporary);
        path.out.push({ text: `${this.terms.text(temporary)} = ${bare(this.terms.text(now))}` });
      }
      path.now.set(local, temporary);
    }
  }
}
