/**
 * A worker's side of the protocol: answers requests of the page, one after the other.
 */
import { INPUT_ERRORS, InputError } from "@shootdown/doctor/errors";
import type { Failure, MethodName, Methods, Reply, Request } from "./protocol.js";

/** How each request is answered; `report` may be called meanwhile. */
export type Answers<M extends MethodName> = {
  [N in M]: (ask: Methods[N]["ask"], report: (value: Methods[N]["report"]) => void) => Methods[N]["answer"];
};

/** The part of a worker's global scope that is used; the page's types do not know it. */
interface WorkerScope {
  postMessage(reply: Reply): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
}

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

/** Call it last: from then on requests are answered. */
export function serve<M extends MethodName>(methods: Answers<M>): void {
  const scope = self as unknown as WorkerScope;
  scope.onmessage = ({ data: { id, method, ask } }) => {
    try {
      const answerTo = methods[method as M] as (ask: unknown, report: (value: unknown) => void) => unknown;
      const answer = answerTo(ask, (report) => scope.postMessage({ kind: "report", id, report }));
      scope.postMessage({ kind: "answer", id, answer });
    } catch (error) {
      scope.postMessage({ kind: "failure", id, failure: failureOf(error) });
    }
  };
  scope.postMessage({ kind: "ready" });
}
