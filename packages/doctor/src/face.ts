/**
 * What a face needs to speak of results and to name what it asks for, without the engine behind it. An entry of its
 * own, because it needs no compiler and starts at once.
 */
export * from "./address.js";
export * from "./errors.js";
export * from "./findings.js";
export type * from "./result.js";
export { VERSION } from "./version.js";
export * from "./wording.js";
