/**
 * The matrix being filled: every scenario on every configuration, one cell after the other, in an engine of its own. It
 * goes on while other views are shown.
 */
import type { AddressSubject, AddressText } from "@shootdown/doctor/face";
import { EngineFailure, Stopped } from "../engine/client.js";
import { surveyor } from "../engine/engines.js";
import type { Catalogue, CellAnswer, MatrixColumn, SearchProgress } from "../engine/protocol.js";
import { Store, useStore } from "../parts/store.js";

export interface Place {
  readonly scenario: string;
  readonly column: MatrixColumn;
  /** Absent: before. */
  readonly patch?: AddressText;
}

export type CellState =
  | { readonly state: "asking"; readonly startedAt: number; readonly progress?: SearchProgress }
  | { readonly state: "answered"; readonly answer: CellAnswer }
  | { readonly state: "refused"; readonly reason: string };

export interface Survey {
  readonly cells: ReadonlyMap<string, CellState>;
  readonly isRunning: boolean;
  readonly startedAt: number;
  /** The cell being asked. */
  readonly current?: Place;
}

/** States of one cell, as `impact` at a terminal has it. */
const MAX_STATES = 8_000_000;

const store = new Store<Survey>({ cells: new Map(), isRunning: false, startedAt: 0 });

function set(change: Partial<Survey>): void {
  store.set({ ...store.get(), ...change });
}

function setCell(place: Place, cell: CellState): void {
  set({ cells: new Map(store.get().cells).set(keyOf(place), cell) });
}

export function useSurvey(): Survey {
  return useStore(store);
}

export function keyOf({ scenario, column, patch }: Place): string {
  return JSON.stringify([scenario, column.name, patch]);
}

export function subjectOf({ scenario, column, patch }: Place): AddressSubject {
  const { config, cpu, set: symbols, at } = column;
  return {
    config: { name: config },
    cpu,
    set: symbols,
    ...(at === undefined ? {} : { at }),
    patches: patch ? [patch] : [],
    scenario,
    sizes: {},
  };
}

/** Asks every cell that is not answered (of one scenario, if one is named): without a patch, and with it if one is given. */
export async function fill(catalogue: Catalogue, patch: AddressText | undefined, only?: string): Promise<void> {
  if (store.get().isRunning) surveyor.stop("cell");
  const startedAt = performance.now();
  set({ isRunning: true, startedAt });
  const sides = patch ? [undefined, patch] : [undefined];
  for (const { name: scenario } of catalogue.scenarios) {
    if (only !== undefined && scenario !== only) continue;
    for (const column of catalogue.matrix) {
      for (const side of sides) {
        const place: Place = { scenario, column, patch: side };
        const known = store.get().cells.get(keyOf(place));
        if (known && known.state !== "asking") continue;
        const wentOn = await askCell(place);
        if (!wentOn || store.get().startedAt !== startedAt) return;
      }
    }
  }
  set({ isRunning: false, current: undefined });
}

/** False if it was stopped. */
async function askCell(place: Place): Promise<boolean> {
  set({ current: place });
  const startedAt = performance.now();
  setCell(place, { state: "asking", startedAt });
  const report = ({ progress }: { progress: SearchProgress }) =>
    setCell(place, { state: "asking", startedAt, progress });
  try {
    const answer = await surveyor.ask("cell", { subject: subjectOf(place), maxStates: MAX_STATES }, report);
    setCell(place, { state: "answered", answer });
  } catch (error) {
    if (error instanceof Stopped) {
      const cells = new Map(store.get().cells);
      cells.delete(keyOf(place));
      set({ cells });
      return false;
    }
    setCell(place, { state: "refused", reason: error instanceof EngineFailure ? error.failure.reason : String(error) });
  }
  return true;
}

export function stopSurvey(): void {
  set({ isRunning: false, current: undefined });
  surveyor.stop("cell");
}
