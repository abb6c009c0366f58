/**
 * The link stage as text: the linker's own words first, then what it does not say: the path that keeps the reference alive,
 * each fact with its place, who would define the symbol, and when the two would meet.
 */
import { linkerLines, type Result, sayConditions, where } from "@shootdown/doctor";

type LinkStage = Result["stages"]["link"];
type Reference = LinkStage["undefined"][number];

/** A path is shown so far; the result has all of it. */
const MAX_STEPS = 14;

/** Lines without indentation, for whatever stands behind the stage's verdict. */
export function renderLink(link: LinkStage): readonly string[] {
  const lines = [...linkerLines(link)];
  const told = new Set<string>();
  for (const reference of link.undefined) {
    if (told.has(reference.symbol)) continue;
    told.add(reference.symbol);
    lines.push(...renderReference(reference));
  }
  for (const { symbol, at, because, byConstants, isUncertain } of link.dropped) {
    if (byConstants && !isUncertain) continue;
    lines.push(`'${symbol}' is declared and not defined, and no live code needs it (${where(at)})`);
    for (const fact of because) lines.push(`  ${fact.text}  ${where(fact)}`);
    if (isUncertain) lines.push("  another compiler, which expands other calls in place, may need it");
  }
  return lines;
}

function renderReference(reference: Reference): readonly string[] {
  const { symbol, holder, at, declared, steps, definers, both, path, isUncertain } = reference;
  const inside = holder === at.fn ? "" : `; at -O2 inside ${holder}()`;
  const lines = [`alive: ${path[0]}() is live by itself${inside}`];
  for (const step of steps.slice(0, MAX_STEPS)) {
    if (step.kind === "call") lines.push(`  ${step.from}() calls ${step.to}()  ${where(step.at)}`);
    else {
      const way = step.isAlways ? "always" : "if";
      const condition = step.holds ? step.condition : `not (${step.condition})`;
      lines.push(`  ${way} ${condition}  ${where(step.at)}`);
      if (step.isAlways) lines.push(...step.because.map((fact) => `    ${fact.text}  ${where(fact)}`));
      else if (step.because.length > 0)
        lines.push(`    either way: ${step.because.map((fact) => fact.text).join("; ")}`);
    }
  }
  if (steps.length > MAX_STEPS) lines.push(`  and ${steps.length - MAX_STEPS} more steps: --json`);
  if (isUncertain) lines.push("another compiler, which expands other calls in place, may not need it");
  lines.push(`declared: ${where(declared)}`);
  for (const { object, built, conditions } of definers) {
    const failing = conditions.filter(({ holds }) => !holds);
    const why = failing.map((c) => `${sayConditions([c])} fails, ${where(c)}`).join("; ");
    lines.push(`defined: by ${object}${built ? "" : `, not built: ${why === "" ? "no Makefile names it" : why}`}`);
  }
  if (definers.length === 0) lines.push(`defined: by no file of the tree`);
  lines.push(both ? `reference and definition meet if ${both}` : `reference and definition of '${symbol}' never meet`);
  return lines;
}
