/**
 * The page's side of the worker: one request at a time, the others wait; a request that must end now ends the worker,
 * and the next one gets a new one.
 */
import type { Failure, MethodName, Methods, Reply, Request } from "./protocol.js";

/** The engine refused the input. */
export class EngineFailure extends Error {
  constructor(readonly failure: Failure) {
    super(`${failure.code} ${failure.about}: ${failure.place}: ${failure.reason}`);
  }
}

/** The request was stopped before its answer. */
export class Stopped extends Error {}

interface Pending {
  readonly request: Request;
  readonly report: (value: never) => void;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

export class Engine {
  private worker: Worker | undefined;
  private readonly queue: Pending[] = [];
  private active: Pending | undefined;
  private ids = 0;

  constructor(private readonly newWorker: () => Worker) {}

  /** Starts the worker, which takes a moment, before anything is asked. */
  warm(): void {
    this.worker ??= this.start();
  }

  ask<M extends MethodName>(
    method: M,
    ask: Methods[M]["ask"],
    report: (value: Methods[M]["report"]) => void = () => {},
  ): Promise<Methods[M]["answer"]> {
    return new Promise((resolve, reject) => {
      const request = { id: ++this.ids, method, ask };
      this.queue.push({ request, report, resolve, reject } as unknown as Pending);
      this.next();
    });
  }

  /** Takes back what was asked by that name and is not begun; each is rejected with `Stopped`. */
  takeBack(method: MethodName): void {
    for (const { reject } of this.unbegun(method)) reject(new Stopped());
  }

  private unbegun(method: MethodName): Pending[] {
    const isMeant = ({ request }: Pending) => request.method === method;
    const ended = this.queue.filter(isMeant);
    this.queue.splice(0, this.queue.length, ...this.queue.filter((pending) => !isMeant(pending)));
    return ended;
  }

  /** Ends what was asked by that name and is not answered; each is rejected with `Stopped`. Others go on. */
  stop(method: MethodName): void {
    const ended = this.unbegun(method);
    if (this.active?.request.method === method) {
      ended.push(this.active);
      this.worker?.terminate();
      this.worker = undefined;
      this.active = undefined;
      this.warm();
      this.next();
    }
    for (const { reject } of ended) reject(new Stopped());
  }

  private next(): void {
    if (this.active) return;
    this.active = this.queue.shift();
    if (!this.active) return;
    this.warm();
    this.worker!.postMessage(this.active.request);
  }

  private start(): Worker {
    const worker = this.newWorker();
    worker.onmessage = (event: MessageEvent<Reply>) => this.receive(event.data);
    worker.onerror = (event) => this.crash(event.message || "the engine's worker could not be loaded");
    return worker;
  }

  private receive(reply: Reply): void {
    if (reply.kind === "ready" || reply.id !== this.active?.request.id) return;
    const { active } = this;
    if (reply.kind === "report") {
      active.report(reply.report as never);
      return;
    }
    this.active = undefined;
    if (reply.kind === "answer") active.resolve(reply.answer as never);
    else active.reject(new EngineFailure(reply.failure));
    this.next();
  }

  /** Out of memory, or not loaded at all: says so instead of waiting for ever. */
  private crash(message: string): void {
    const { active } = this;
    this.worker?.terminate();
    this.worker = undefined;
    this.active = undefined;
    const failure: Failure = {
      code: "S9000",
      about: "the engine ended",
      place: "the engine",
      reason: message,
      next: "try again; with smaller sizes if memory ran out",
      sites: [],
    };
    active?.reject(new EngineFailure(failure));
    this.next();
  }
}
