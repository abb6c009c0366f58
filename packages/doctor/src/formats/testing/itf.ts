/**
 * What is wrong with a trace in the Informal Trace Format, for tests: its ADR 015, and what this program promises on
 * top (an index in the metadata of every state, integers as big integers, the same shape in every state).
 */

const INTEGER = /^-?(0|[1-9][0-9]*)$/;
const TOP = ["#meta", "params", "vars", "states", "loop"];

export function itfErrors(trace: unknown): string[] {
  if (!isRecord(trace)) return ["the trace is no object"];
  const errors: string[] = [];
  for (const key of Object.keys(trace)) if (!TOP.includes(key)) errors.push(`the trace has a field ${key}`);
  if ("#meta" in trace && !isRecord(trace["#meta"])) errors.push("#meta is no object");
  const { vars, states, params, loop } = trace;
  if (params !== undefined && !isNames(params)) errors.push("params are no names");
  if (!isNames(vars)) return [...errors, "vars are no names"];
  if (new Set(vars).size < vars.length) errors.push("vars has a name twice");
  if (!Array.isArray(states) || states.length === 0) return [...errors, "there are no states"];
  if (loop !== undefined && !(Number.isInteger(loop) && Number(loop) >= 0 && Number(loop) < states.length)) {
    errors.push("loop is no index of a state");
  }
  states.forEach((state, index) => {
    const complain = (what: string) => errors.push(`state ${index}: ${what}`);
    if (!isRecord(state)) {
      complain("is no object");
      return;
    }
    const { "#meta": meta, ...values } = state;
    if (!isRecord(meta) || meta.index !== index) complain("#meta.index is not its index");
    for (const name of vars) if (!(name in values)) complain(`has no ${name}`);
    for (const [name, value] of Object.entries(values)) {
      if (!vars.includes(name)) complain(`${name} is not in vars`);
      const shape = shapeOf(value);
      if (shape.includes("!")) complain(`${name} is no expression: ${shape}`);
      else if (isRecord(states[0]) && shape !== shapeOf(states[0][name])) complain(`${name} has another shape`);
    }
  });
  return errors;
}

/** The type of an expression, in one line; what is no expression is marked with an exclamation mark. */
function shapeOf(value: unknown): string {
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (Array.isArray(value)) return `[${value.map(shapeOf).join()}]`;
  if (!isRecord(value)) return `!${JSON.stringify(value)}`;
  const fields = Object.entries(value);
  const [first] = fields;
  if (!first?.[0].startsWith("#")) {
    const parts = fields.map(([name, field]) => `${name.startsWith("#") ? "!" : ""}${name}:${shapeOf(field)}`);
    return `{${parts.join()}}`;
  }
  const [tag, inner] = first;
  if (fields.length > 1) return `!${fields.map(([name]) => name).join()}`;
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2;
  switch (tag) {
    case "#bigint":
      return typeof inner === "string" && INTEGER.test(inner) ? "int" : `!${JSON.stringify(inner)}`;
    case "#tup":
    case "#set":
      return Array.isArray(inner) ? `${tag}${shapeOf(inner)}` : `!${tag}`;
    case "#map":
      return Array.isArray(inner) && inner.every(isPair) ? `${tag}${shapeOf(inner)}` : `!${tag}`;
    default:
      return `!${tag}`;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNames(value: unknown): value is string[] {
  return (
    Array.isArray(value) && value.every((name) => typeof name === "string" && name !== "" && !name.startsWith("#"))
  );
}
