/**
 * Goal: contexts are stuck exactly if nobody who could end their waits is able to. Method: the last state of a shortest
 * run into a deadlock, and every state of systems that have none.
 */
import { describe, expect, it } from "vitest";
import { stuckContexts } from "./deadlock.js";
import { FAULTY } from "./faulty-fixtures.js";
import { interrupt, ipi, twoCpusOneLock } from "./fixtures.js";
import { Interpreter } from "./interpreter.js";
import { search } from "./search/search.js";
import { initialState, type State, stateKey } from "./state.js";
import { HARDIRQ, type System, TASK } from "./system.js";

function lastState(system: System): State {
  const interpreter = new Interpreter(system);
  let state = initialState(system);
  for (const choice of search(system).schedule!) state = interpreter.successors(state)[choice]!.state!;
  return state;
}

function everyState(system: System): State[] {
  const interpreter = new Interpreter(system);
  const found = new Map([[stateKey(initialState(system)), initialState(system)]]);
  for (const state of found.values()) {
    for (const successor of interpreter.successors(state)) {
      if (successor.state) found.set(stateKey(successor.state), successor.state);
    }
  }
  return [...found.values()];
}

const faulty = (name: string) => FAULTY.find((candidate) => candidate.name === name)!.system();

describe("stuck contexts", () => {
  it("are both holders of crossed locks", () => {
    const system = faulty("crossed locks");
    const stuck = stuckContexts(new Interpreter(system), lastState(system));
    expect(stuck.map(({ cpu, level, blocked }) => [cpu, level, blocked?.on])).toEqual([
      [0, TASK, { kind: "lock", lock: "b", owner: 3 }],
      [1, TASK, { kind: "lock", lock: "a", owner: 0 }],
    ]);
  });

  it("are an interrupt and the task under it", () => {
    const system = faulty("a lock in an interrupt");
    const stuck = stuckContexts(new Interpreter(system), lastState(system));
    expect(stuck.map(({ cpu, level, blocked }) => [cpu, level, blocked?.on.kind])).toEqual([
      [0, TASK, undefined],
      [0, HARDIRQ, "lock"],
    ]);
  });

  it("are a caller and the CPU that cannot answer its IPI", () => {
    const system = ipi(true);
    const stuck = stuckContexts(new Interpreter(system), lastState(system));
    expect(stuck.map(({ cpu, blocked }) => [cpu, blocked?.on.kind])).toEqual([
      [0, "cpu"],
      [1, "lock"],
    ]);
  });

  it.each([
    ["a lock that will be released", twoCpusOneLock],
    ["interrupts that will be enabled", interrupt],
    ["an IPI that will be answered", () => ipi()],
  ])("are none with %s", (_, make) => {
    const system = make();
    const interpreter = new Interpreter(system);
    for (const state of everyState(system)) expect(stuckContexts(interpreter, state)).toEqual([]);
  });
});
