/**
 * The engines of the page, a worker each, started when first asked: one answers what the reader waits for; the others
 * what comes in addition, so that nothing of it keeps the reader waiting.
 */
import { Engine } from "./client.js";

export const engine = new Engine();
/** What is still ahead of a schedule, and sources to read. */
export const scout = new Engine();
/** Prescriptions. */
export const pharmacist = new Engine();
/** The cells of the matrix. */
export const surveyor = new Engine();
