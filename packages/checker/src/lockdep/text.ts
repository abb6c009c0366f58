/**
 * A report of lockdep in the form in which kernel people know it: the framed title, who asks for what and holds what, how
 * it came to be known, and the picture of the schedule that would go wrong.
 *
 * Usage bits as the kernel prints them, of writers only: the first of four for hardirqs, the third for softirqs; `-` taken
 * in such an interrupt, `+` taken with them enabled, `?` both, `.` neither. Call stacks have the innermost function first.
 */
import { type At, assertNever } from "@shootdown/ir";
import { HARDIRQ, SOFTIRQ } from "../system.js";
import { type Breach, breachTitle } from "./breaches.js";
import type { ClassUsage, Dependency, FailedAssertion, IrqKind, LockKnowledge } from "./knowledge.js";
import type { LockPoint } from "./lock-facts.js";

/** Columns of the kernel's picture: where CPU0's own heading and actions stand, and CPU1's. */
const HEADING = 7;
const ACTION = 2;
const SECOND = 31;

export function lockdepText(knowledge: LockKnowledge, breach: Breach): string {
  const title = breachTitle(breach);
  const body = new Report(knowledge).body(breach);
  if (breach.kind === "irqs-off") return ["------------[ cut here ]------------", title, ...body].join("\n");
  const width = title.length;
  return ["=".repeat(width), title, "-".repeat(width), ...body].join("\n");
}

class Report {
  constructor(private readonly knowledge: LockKnowledge) {}

  body(breach: Breach): string[] {
    switch (breach.kind) {
      case "irqs-off":
        return this.assertion(breach.failures);
      case "inconsistent-state":
        return this.inconsistent(breach.class, breach.irq);
      case "recursive-locking":
        return this.recursive(breach.dependency);
      case "irq-dependency":
        return this.irqDependency(breach.path, breach.irq);
      case "circular-dependency":
        return this.circular(breach.path);
      default:
        return assertNever(breach);
    }
  }

  private assertion(failures: readonly FailedAssertion[]): string[] {
    const [first, ...others] = failures;
    const lines = ["lockdep_assert_irqs_enabled() does not hold: interrupts are off", ...stack(first!.point.at)];
    for (const id of first!.held) lines.push("while it holds lock:", this.lock(id));
    if (others.length > 0) {
      lines.push("", "the same from:");
      for (const { point } of others) lines.push(...stack(point.at), "");
      lines.pop();
    }
    return lines;
  }

  private inconsistent(id: number, irq: IrqKind): string[] {
    const usage = this.usage(id);
    const inside = usage.usedIn.get(irq)!;
    const enabled = usage.usedOn.get(irq)!;
    return [
      `inconsistent {${irq}-ON-W} -> {IN-${irq}-W} usage.`,
      `${who(inside)} takes:`,
      this.wanted(id, inside),
      ...stack(inside.at),
      `{${irq}-ON-W} state was registered at:`,
      ...stack(enabled.at),
      ...scenario("Possible unsafe locking scenario:", [
        `lock(${usage.name});`,
        "<Interrupt>",
        `  lock(${usage.name});`,
      ]),
    ];
  }

  private recursive(dependency: Dependency): string[] {
    const name = this.usage(dependency.to).name;
    return [
      ...this.asking(dependency),
      ...scenario("Possible unsafe locking scenario:", [`lock(${name});`, `lock(${name});`]),
      " May be due to missing lock nesting notation",
    ];
  }

  private irqDependency(path: readonly Dependency[], irq: IrqKind): string[] {
    const safe = path[0]!.from;
    const unsafe = path.at(-1)!.to;
    const name = (id: number) => this.usage(id).name;
    const next = path[0]!.to;
    return [
      ...this.asking(path.at(-1)!),
      `this leads from a ${irq}-irq-safe lock:`,
      this.lock(safe),
      `which became ${irq}-irq-safe at:`,
      ...stack(this.usage(safe).usedIn.get(irq)!.at),
      `to a ${irq}-irq-unsafe lock:`,
      this.lock(unsafe),
      `which became ${irq}-irq-unsafe at:`,
      ...stack(this.usage(unsafe).usedOn.get(irq)!.at),
      ...this.chain(path),
      ...scenario(
        "Possible interrupt unsafe locking scenario:",
        [`lock(${name(unsafe)});`, "", "", "", "<Interrupt>", `  lock(${name(safe)});`],
        ["", "local_irq_disable();", `lock(${name(safe)});`, `lock(${name(next)});`],
      ),
    ];
  }

  private circular(path: readonly Dependency[]): string[] {
    const name = (id: number) => this.usage(id).name;
    const last = path.at(-1)!; // closes the cycle
    const lines = [...this.asking(last), "the existing dependency chain, in reverse order:"];
    path.slice(0, -1).forEach((dependency, index) => {
      lines.push(
        "",
        `-> #${path.length - 1 - index} ${this.lock(dependency.to).trim()}:`,
        ...stack(dependency.point.at),
      );
    });
    const before = path.at(-2) ?? last;
    return [
      ...lines,
      ...this.chain(path),
      ...scenario(
        "Possible unsafe locking scenario:",
        [`lock(${name(last.from)});`, "", "", `lock(${name(last.to)});`],
        ["", `lock(${name(before.to === last.from ? before.from : last.to)});`, `lock(${name(last.from)});`],
      ),
    ];
  }

  /** A chain of more than two classes is told as a whole. */
  private chain(path: readonly Dependency[]): string[] {
    if (path.length < 2) return [];
    const names = [...path.map((step) => step.from), path.at(-1)!.to].map((id) => this.usage(id).name);
    return ["", "Chain exists of:", `  ${names.join(" --> ")}`];
  }

  private asking({ from, to, point, takenAt }: Dependency): string[] {
    const lines = [`${who(point)} is trying to acquire lock:`, this.wanted(to, point), ...stack(point.at)];
    for (const taken of takenAt) {
      lines.push("but it already holds lock:", this.wanted(from, taken), ...stack(taken.at));
    }
    return lines;
  }

  private usage(id: number): ClassUsage {
    return this.knowledge.usage.get(id)!;
  }

  private wanted(id: number, point: LockPoint): string {
    const { fn, file, line } = point.at.caller ?? point.at; // who called spin_lock()
    return `${this.lock(id)}, at: ${fn} ${file}:${line}`;
  }

  /** ` (kmap_lock){+...}-{2:2}`; the numbers are the wait type, without PREEMPT_RT. */
  private lock(id: number): string {
    const usage = this.usage(id);
    const wait = usage.lock === "spinlock" ? 2 : 3;
    return ` (${usage.name}){${usageChar(usage, "HARDIRQ")}.${usageChar(usage, "SOFTIRQ")}.}-{${wait}:${wait}}`;
  }
}

function usageChar(usage: ClassUsage, irq: IrqKind): string {
  if (usage.usedIn.has(irq)) return usage.usedOn.has(irq) ? "?" : "-";
  return usage.usedOn.has(irq) ? "+" : ".";
}

/** The context as the kernel says it: in a hardirq, in a softirq. */
function who({ root }: LockPoint): string {
  return `${root.name} [HC${Number(root.level === HARDIRQ)}:SC${Number(root.level === SOFTIRQ)}]`;
}

function stack(at: At): string[] {
  const lines: string[] = [];
  for (let frame: At | undefined = at; frame; frame = frame.caller) {
    lines.push(`  ${frame.fn}  ${frame.file}:${frame.line}`);
  }
  return lines;
}

/** The picture: a column for each CPU. */
function scenario(title: string, cpu0: readonly string[], cpu1?: readonly string[]): string[] {
  const row = (indent: number, left: string, right = "") =>
    `${`${" ".repeat(indent)}${left}`.padEnd(SECOND)}${right}`.trimEnd();
  const height = Math.max(cpu0.length, cpu1?.length ?? 0);
  return [
    "",
    ` ${title}`,
    "",
    row(HEADING, "CPU0", cpu1 && "CPU1"),
    row(HEADING, "----", cpu1 && "----"),
    ...Array.from({ length: height }, (_, i) => row(ACTION, cpu0[i] ?? "", cpu1?.[i])),
    "",
    " *** DEADLOCK ***",
  ];
}
