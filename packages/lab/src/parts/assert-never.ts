/** The default of a `switch` that handles every case: the compiler refuses a new case that is not handled. */
export function assertNever(value: never): never {
  throw new Error(`not handled: ${String(value)}`);
}
