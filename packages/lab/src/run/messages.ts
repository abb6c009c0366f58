/**
 * What one CPU sends to another in a run, read from the changes of three variables of the model tree:
 *
 *      ipiRaised[c]     0 -> 1 by another CPU: an IPI is on its way; 1 -> 0 by c: its handler has begun
 *      csd[a][c].func   to 0 by c: c has done what a asked for, and a need not wait any more
 *      task_state[c]    to 0 by another CPU: a sleeping task is woken
 */
import type { TraceStep } from "@shootdown/doctor/face";

export interface Message {
  readonly kind: "ipi" | "ack" | "wake";
  readonly from: number;
  /** The step that sends. */
  readonly sent: number;
  readonly to: number;
  /** The step that receives; absent: nobody has, when the run ends. */
  readonly received?: number;
}

export function messagesOf(trace: readonly TraceStep[]): Message[] {
  const messages: Message[] = [];
  /** By target: IPIs on their way. */
  const raised = new Map<number, { from: number; sent: number }>();
  /** By CPU: the step at which its running interrupt began. */
  const began = new Map<number, number>();
  for (const { step, cpu, what, changes } of trace) {
    if (what.startsWith("interrupt:")) began.set(cpu, step);
    for (const change of changes) {
      const ipi = /^ipiRaised\[(\d+)\]$/.exec(change.what);
      const csd = /^csd\[(\d+)\]\[(\d+)\]\.func$/.exec(change.what);
      const task = /^task_state\[(\d+)\]/.exec(change.what);
      const target = Number(ipi?.[1] ?? csd?.[1] ?? task?.[1]);
      if (ipi && change.to !== 0 && target !== cpu) raised.set(target, { from: cpu, sent: step });
      if (ipi && change.to === 0 && raised.has(target)) {
        messages.push({ kind: "ipi", ...raised.get(target)!, to: target, received: began.get(target) ?? step });
        raised.delete(target);
      }
      if (csd && change.to === 0 && Number(csd[2]) === cpu) {
        messages.push({ kind: "ack", from: cpu, sent: step, to: target, received: step });
      }
      if (task && change.to === 0 && target !== cpu) {
        messages.push({ kind: "wake", from: cpu, sent: step, to: target, received: step });
      }
    }
  }
  for (const [to, { from, sent }] of raised) messages.push({ kind: "ipi", from, sent, to });
  return messages;
}
