/**
 * Holds the engines against each other on one system: the unreduced search against Spin on the exported Promela, against
 * the reduced search, and against the reference interpreter.
 *
 * - Spin: the same verdict, and where the system is sound exactly as many states. A faulty system is compared by verdict
 *   alone, because each search stops at the first violation that it meets. A deadlock beside which others go on is ours only.
 * - Reduced: the same verdict, and a shortest run of the same length.
 * - Interpreter: the same verdict, states, transitions, depth and length of the shortest run, up to a limit of states.
 */
import {
  exportPromela,
  Interpreter,
  initialState,
  referenceSearch,
  type SearchResult,
  type System,
  search,
  searchReduced,
  unchain,
} from "@shootdown/checker";
import { buildVerifier, type SpinOptions, type Verifier, type VerifierOptions } from "./spin.js";

export interface CompareOptions {
  /** States up to which Spin is asked. */
  readonly spinStates: number;
  /** States up to which the interpreter searches. */
  readonly referenceStates: number;
  /** Absent: Spin is not asked. */
  readonly spin?: SpinOptions & VerifierOptions;
  /** Instead of the export: for seeing a comparison fail. */
  readonly promela?: string;
}

export interface Comparison {
  readonly verdict: "sound" | "assertion" | "deadlock" | "limit";
  readonly states: number;
  /** Spin's, where it was asked. */
  readonly spinStates?: number;
  /** Why the system cannot be told in Promela, where that is so: then Spin was not asked. */
  readonly unexported?: string;
  /** What does not agree; empty if everything does. */
  /** What Spin says: its own word, also where it cannot see what we see. Absent if it was not asked. */
  readonly spinSays?: string;
  /** Contexts wait for each other for ever while others go on: a deadlock that Spin cannot see, and did not. */
  readonly isUnseen?: boolean;
  readonly failures: readonly string[];
}

/**
 * What Spin can tell apart: a violated assertion, an invalid end state, neither. `isPartial`: contexts wait for each other
 * for ever while others go on, which Spin cannot see.
 */
function spinVerdict(
  system: System,
  { schedule, verdict }: SearchResult,
): { readonly verdict: Comparison["verdict"]; readonly isPartial: boolean } {
  if (!schedule) return { verdict: verdict === "limit" ? "limit" : "sound", isPartial: false };
  const interpreter = new Interpreter(system);
  let state = initialState(system);
  for (const choice of schedule) {
    const successor = interpreter.successors(state)[choice]!;
    if (!successor.state) return { verdict: "assertion", isPartial: false };
    state = successor.state;
  }
  return { verdict: "deadlock", isPartial: interpreter.successors(state).length > 0 };
}

/** The first difference between the interpreter's search and the generated code; none where they agree. */
function againstReference(system: System, maxStates: number): readonly string[] {
  const facts = (r: SearchResult) =>
    JSON.stringify({ ...pick(r), transitions: r.transitions, depth: r.depth, witnesses: r.witnesses });
  const reference = facts(referenceSearch(system, { maxStates }));
  const generated = facts(search(system, { maxStates }));
  return reference === generated ? [] : [`interpreter ${reference}, generated code ${generated}`];
}

function pick({ verdict, states, schedule }: SearchResult) {
  return { verdict, states, run: schedule?.length };
}

/** The reduced search, as it is and as people use it, against the unreduced one. */
function againstReduced(system: System, ours: SearchResult, maxStates: number): readonly string[] {
  const chained = search(system, { chaining: true, maxStates });
  const used = searchReduced(system, { chaining: true, maxStates });
  const failures: string[] = [];
  if (chained.verdict !== ours.verdict) failures.push(`with chaining ${chained.verdict}, without ${ours.verdict}`);
  if (chained.states > ours.states) failures.push(`chaining has ${chained.states} states, more than ${ours.states}`);
  if (used.schedule?.length !== ours.schedule?.length) {
    failures.push(`shortest run ${used.schedule?.length} with chaining, ${ours.schedule?.length} without`);
  }
  if (chained.schedule && ours.schedule && unchain(system, chained.schedule).length < ours.schedule.length) {
    failures.push("chaining finds a shorter run than the shortest");
  }
  return failures;
}

/** The Promela of a system, or why there is none (CAVEATS.md). Other errors are thrown. */
function exportOf(system: System): { readonly text: string } | { readonly why: string } {
  try {
    return { text: exportPromela(system) };
  } catch (error) {
    const { message } = error as Error;
    if (!message.includes("cannot be exported")) throw error;
    return { why: message };
  }
}

export function compare(system: System, options: CompareOptions): Comparison {
  const { spinStates, referenceStates, spin } = options;
  const ours = search(system, { maxStates: spinStates + 1 });
  const { verdict, isPartial } = spinVerdict(system, ours);
  const failures = [...againstReference(system, referenceStates)];
  const { states } = ours;
  if (verdict === "limit") return { verdict, states, failures };
  failures.push(...againstReduced(system, ours, spinStates + 1));
  if (!spin) return { verdict, states, failures };
  const exported = options.promela === undefined ? exportOf(system) : { text: options.promela };
  if ("why" in exported) return { verdict, states, unexported: exported.why, failures };
  let verifier: Verifier;
  try {
    verifier = buildVerifier(exported.text, spin);
  } catch (error) {
    return { verdict, states, failures: [...failures, `Spin does not take the export: ${(error as Error).message}`] };
  }
  try {
    let theirs = verifier.run(spin);
    // Where there are violations of both kinds, who searches in another order meets another one first.
    const isOtherKind = (verdict === "assertion" || verdict === "deadlock") && theirs.verdict !== verdict;
    if (isOtherKind && theirs.verdict !== "sound") theirs = verifier.run({ ...spin, only: verdict });
    const isUnseen = isPartial && theirs.verdict === "sound";
    if (theirs.verdict !== verdict && !isUnseen) failures.push(`${verdict}, but Spin says ${theirs.verdict}`);
    else if (verdict === "sound" && theirs.states !== states) failures.push(`Spin stored ${theirs.states} states`);
    return { verdict, states, spinStates: theirs.states, spinSays: theirs.verdict, isUnseen, failures };
  } finally {
    verifier.remove();
  }
}
