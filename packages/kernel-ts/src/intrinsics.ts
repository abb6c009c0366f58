/**
 * The prelude's functions: each is an instruction of the intermediate form.
 */
import { BOOL, type Expr, type Instr, type PlaceRef, U8, type ViolationKind } from "@shootdown/ir";
import ts from "#typescript";
import { convert, not, TRUE, toBool } from "./c-expr.js";
import { at, type Context } from "./context.js";
import { lowerExpr, NOTHING, THIS_CPU } from "./lower-expr.js";
import { lowerPlace, placeRef, settled } from "./lower-place.js";
import { SCALAR_TYPES } from "./shapes.js";

const CHECKS: ReadonlyMap<string, ViolationKind> = new Map<string, ViolationKind>([
  ["BUG_ON", "bug"],
  ["WARN_ON", "warn"],
  ["stale_if", "stale"],
  ["lost_if", "lost"],
]);
const PRINTS = new Map([
  ["pr_info", "info"],
  ["pr_notice", "notice"],
  ["pr_warn", "warn"],
  ["pr_err", "err"],
] as const);
/** Allowed in a condition that only reads. */
const READS = new Set(["smp_processor_id", "in_task", "irqs_disabled", "size", "someone_waits_for"]);
const DECLARATIONS = new Set(["array", "struct", "shared", "per_cpu", "guarded_by", "spinlock", "mutex", "fn"]);
const MAX_CHOICES = 256;

/** The result, or undefined if there is none. */
export function lowerIntrinsic(ctx: Context, node: ts.CallExpression, name: string): Expr | undefined {
  const { unit, builder } = ctx;
  const { sink } = unit;
  const here = at(ctx, node);
  const [first, second, third] = node.arguments;
  const cast = SCALAR_TYPES.get(name);
  if (cast) return first ? convert(lowerExpr(ctx, first), cast) : NOTHING;
  if (ctx.reading && !READS.has(name)) {
    sink.rule("K1401", node, `${name}() in a condition of ${ctx.reading.what}`);
    return NOTHING;
  }
  const emit = (instr: Instr): undefined => {
    builder.emit(instr);
    return undefined;
  };
  const flag = (make: (dst: number) => Instr): Expr => {
    const dst = builder.temporary(BOOL);
    builder.emit(make(dst));
    return { kind: "local", type: BOOL, local: dst };
  };

  const violation = CHECKS.get(name);
  if (violation) {
    if (!first) return undefined;
    const cond = not(lowerExpr(ctx, first));
    const message = second ? text(ctx, second) : first.getText();
    return emit({ kind: "check", cond, violation, message, at: here });
  }
  const level = PRINTS.get(name as "pr_info");
  if (level) return emit({ kind: "print", level, message: first ? text(ctx, first) : "", at: here });

  switch (name) {
    case "smp_processor_id":
      return THIS_CPU;
    case "in_task":
      return flag((dst) => ({ kind: "inTask", dst, at: here }));
    case "irqs_disabled":
      return flag((dst) => ({ kind: "irqsDisabled", dst, at: here }));
    case "local_irq_disable":
      return emit({ kind: "irq", op: "disable", at: here });
    case "local_irq_enable":
      return emit({ kind: "irq", op: "enable", at: here });
    case "local_irq_save":
      return flag((dst) => ({ kind: "irq", op: "save", dst, at: here }));
    case "local_irq_restore": {
      const value = first ? toBool(lowerExpr(ctx, first)) : NOTHING;
      return emit({ kind: "irq", op: "restore", value, at: here });
    }
    case "lock_acquire":
    case "lock_release": {
      const lock = first && lockPlace(ctx, first);
      if (lock) emit({ kind: name === "lock_acquire" ? "acquire" : "release", lock, at: here });
      return undefined;
    }
    case "might_sleep":
      return emit({ kind: "mightSleep", at: here });
    case "lockdep_assert_irqs_enabled":
      return emit({ kind: "lockdepAssert", at: here });
    case "wait_until":
      if (first && second) wait(ctx, node, undefined, first, second);
      return undefined;
    case "wait_for_cpu":
      if (first && second && third) wait(ctx, node, first, second, third);
      return undefined;
    case "choose": {
      const count = first && unit.constants.number(first);
      if (count === undefined) return NOTHING;
      if (!Number.isInteger(count) || count < 1 || count > MAX_CHOICES) sink.rule("K1402", first!, String(count));
      const dst = builder.temporary(U8);
      builder.emit({ kind: "choose", dst, count, at: here });
      return { kind: "local", type: U8, local: dst };
    }
    case "witness": {
      if (!first) return undefined;
      const reading = { what: "witness()", ghost: true };
      const cond = second ? toBool(lowerExpr({ ...ctx, reading }, second)) : TRUE;
      return emit({ kind: "witness", name: text(ctx, first), cond, at: here });
    }
    case "someone_waits_for": {
      if (!ctx.reading?.ghost) {
        sink.rule("K1404", node);
        return NOTHING;
      }
      const lock = first && lockPlace(ctx, first);
      return lock ? flag((dst) => ({ kind: "waiters", dst, lock, at: here })) : NOTHING;
    }
    case "size": {
      const value = unit.constants.evaluate(node);
      return value?.kind === "scalar" ? value.expr : NOTHING;
    }
    default: {
      if (DECLARATIONS.has(name)) sink.rule("K1201", node, `${name}()`);
      else sink.rule("K1106", node, `${name}()`);
      return NOTHING;
    }
  }
}

/** The text of a message. */
export function text(ctx: Context, node: ts.Expression): string {
  if (ts.isStringLiteral(node)) return node.text;
  ctx.unit.sink.rule("K1403", node, node.getText());
  return "";
}

function lockPlace(ctx: Context, node: ts.Expression): PlaceRef | undefined {
  const place = lowerPlace(ctx, node);
  if (place?.shape.kind === "lock") return placeRef(place);
  ctx.unit.sink.rule("K1205", node, node.getText());
  return undefined;
}

/** The loads of the condition and the wait are one step. */
function wait(
  ctx: Context,
  node: ts.CallExpression,
  cpuNode: ts.Expression | undefined,
  condition: ts.Expression,
  whatNode: ts.Expression,
): void {
  const { builder } = ctx;
  const here = at(ctx, node);
  const cpu = cpuNode && settled(ctx, convert(lowerExpr(ctx, cpuNode), U8), cpuNode);
  const alone = !ctx.regions.some((region) => region.kind === "atomic");
  const what = text(ctx, whatNode);
  if (alone) builder.emit({ kind: "atomicBegin", at: here });
  const reading = { what: cpu ? "wait_for_cpu()" : "wait_until()", ghost: false };
  const cond = toBool(lowerExpr({ ...ctx, reading }, condition));
  builder.emit({ kind: "wait", cond, on: cpu ? { kind: "cpu", cpu, what } : { kind: "anyone", what }, at: here });
  if (alone) builder.emit({ kind: "atomicEnd", at: here });
}
