/** Modules that the build makes; see vite.config.ts. */
declare module "virtual:model-tree" {
  /** Path in a model tree, text. */
  export const files: readonly (readonly [string, string])[];
  /** Name in examples/, text. */
  export const examples: readonly (readonly [string, string])[];
}
