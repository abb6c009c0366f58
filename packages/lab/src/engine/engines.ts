/**
 * The workers of the page, started when first asked: one answers what the reader waits for; the others what comes in
 * addition, so that nothing of it keeps the reader waiting.
 */
import { Engine } from "./client.js";

const start = () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "engine" });
const startReader = () => new Worker(new URL("./reader.ts", import.meta.url), { type: "module", name: "reader" });

export const engine = new Engine(start);
/** What is still ahead of a schedule. */
export const scout = new Engine(start);
/** Prescriptions. */
export const pharmacist = new Engine(start);
/** The cells of the matrix. */
export const surveyor = new Engine(start);
/** Percpu traces. */
export const accountant = new Engine(start);
/** Sources to read, and nothing else. */
export const librarian = new Engine(startReader);
