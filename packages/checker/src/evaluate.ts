/**
 * The value of a pure expression, as the interpreter computes it. The generated code is held against this.
 */
import { arith, assertNever, compare, type Expr, refuseWide, wrap } from "@shootdown/ir";

/** `locals` by number (0 where unset), on a CPU. Throws where a register or a function is not bound. */
export function evaluate(expr: Expr, locals: readonly number[], cpu: number): number {
  switch (expr.kind) {
    case "wide":
      return refuseWide(expr.type);
    case "const":
      return expr.value;
    case "local":
      return locals[expr.local] ?? 0;
    case "cpu":
      return cpu;
    case "convert":
      return wrap(expr.type, evaluate(expr.arg, locals, cpu));
    case "unary": {
      const arg = evaluate(expr.arg, locals, cpu);
      if (expr.op === "!") return Number(arg === 0);
      return wrap(expr.type, expr.op === "-" ? -arg : ~arg);
    }
    case "arith":
      return arith(expr.op, expr.type, evaluate(expr.left, locals, cpu), evaluate(expr.right, locals, cpu));
    case "compare":
      return Number(compare(expr.op, evaluate(expr.left, locals, cpu), evaluate(expr.right, locals, cpu)));
    case "logic": {
      const left = evaluate(expr.left, locals, cpu) !== 0;
      const decided = expr.op === "&&" ? !left : left;
      return Number(decided ? left : evaluate(expr.right, locals, cpu) !== 0);
    }
    case "select":
      return evaluate(evaluate(expr.cond, locals, cpu) !== 0 ? expr.then : expr.else, locals, cpu);
    case "machine":
    case "function":
      throw new Error(`${expr.name} is not bound`);
    default:
      return assertNever(expr);
  }
}
