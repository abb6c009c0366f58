/**
 * The engine's worker: answers requests of the page, one after the other, with the same code that the terminal runs.
 */
import { INPUT_ERRORS, InputError } from "@shootdown/doctor";
import { methods } from "./methods.js";
import type { Failure, MethodName, Reply, Request } from "./protocol.js";

/** The part of a worker's global scope that is used; the page's types do not know it. */
interface WorkerScope {
  postMessage(reply: Reply): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
}
const scope = self as unknown as WorkerScope;

function failureOf(error: unknown): Failure {
  if (error instanceof InputError) {
    const { code, place, reason, next, sites } = error;
    return { code, about: INPUT_ERRORS[code], place, reason, next, sites };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return {
    code: "S9000",
    about: "a defect of shootdown",
    place: "the engine",
    reason,
    next: "report it with the address of this page",
    sites: [],
  };
}

function answer<M extends MethodName>({ id, method, ask }: Request<M>): void {
  try {
    const report = (value: unknown) => scope.postMessage({ kind: "report", id, report: value });
    scope.postMessage({ kind: "answer", id, answer: methods[method](ask, report) });
  } catch (error) {
    scope.postMessage({ kind: "failure", id, failure: failureOf(error) });
  }
}

scope.onmessage = (event) => answer(event.data);
scope.postMessage({ kind: "ready" });
