/** The checker: systems, steps, search, traces, replay. */
export * from "./chaining.js";
export * from "./deadlock.js";
export * from "./interpreter.js";
export * from "./lock-facts.js";
export * from "./lockdep.js";
export * from "./lockdep-run.js";
export * from "./places.js";
export { exportPromela } from "./promela.js";
export * from "./random.js";
export * from "./reduced.js";
export * from "./reference.js";
export * from "./schedule.js";
export * from "./search.js";
export * from "./simulate.js";
export * from "./standing.js";
export * from "./state.js";
export * from "./system.js";
export * from "./trace.js";
