/** The intermediate form: types, arithmetic, passes, link. See `types.ts`. */
export * from "./arith.js";
export * from "./emit.js";
export * from "./explain-link.js";
export * from "./fold.js";
export * from "./inline.js";
export * from "./link.js";
export * from "./liveness.js";
export * from "./print.js";
export * from "./ranges.js";
export * from "./recent.js";
export * from "./rewrite.js";
export * from "./steps.js";
export * from "./types.js";
export * from "./value.js";
export * from "./value-arith.js";
export * from "./verify.js";
