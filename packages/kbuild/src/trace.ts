/**
 * Chains of statements from an object up to the root of the tree, live or not. Called by why.ts.
 * A chain starts at the line that names the object and climbs: composite, list, directory, parent directory, top Makefile.
 * It reads records only; no statement is run again.
 */
import { branchConditions, type Condition, splitName, suffixCondition, symbolsIn } from "./conditions.js";
import type { KbuildDirectory } from "./directory.js";
import { referencedNames } from "./expand.js";
import { directoryOf } from "./file-tree.js";
import type { AssignmentRecord, Scope } from "./scope.js";
import { type Assignment, type Place, showPlace } from "./syntax.js";
import { wordsOf } from "./words.js";

export interface Step {
  /** `names`: the statement names the object. `member`: of a composite. `variable`: a variable on the way. `directory`: the way into the directory. */
  readonly kind: "names" | "member" | "variable" | "directory";
  /** What this step brings in: `highmem.o`, `mm/`. */
  readonly word: string;
  /** The statement as written. */
  readonly text: string;
  readonly at: Place;
  readonly conditions: readonly Condition[];
  readonly holds: boolean;
}

export interface Chain {
  readonly steps: readonly Step[];
  readonly holds: boolean;
}

/** What the walk knows, for the tracer. */
export interface TraceSource {
  readonly top: { readonly scope: Scope; expand(text: string): string };
  directory(path: string): KbuildDirectory;
}

/** Lists of the top Makefile and of a Kbuild file that lead into vmlinux or a module. */
const LISTS = new Set(["subdir", "obj", "lib", "libs", "core", "drivers", "net", "virt", "head", "init"]);
/** Chains kept for one object. More than this says nothing more. */
const MAX_CHAINS = 24;
const MAX_STEPS = 24;

interface Mention {
  readonly record: AssignmentRecord;
  readonly words: readonly string[];
}

/** The records of one make process, with the words they add. */
class Mentions {
  readonly all: readonly Mention[];
  private readonly byWord = new Map<string, Mention[]>();
  private readonly byName = new Map<string, Mention[]>();

  constructor(
    records: readonly AssignmentRecord[],
    private readonly expand: (text: string) => string,
  ) {
    this.all = records.map((record) => ({
      record,
      words: wordsOf(record.expanded ?? expand(record.statement.value)),
    }));
    for (const mention of this.all) {
      for (const word of mention.words) {
        const same = this.byWord.get(word);
        if (same === undefined) this.byWord.set(word, [mention]);
        else if (same.at(-1) !== mention) same.push(mention);
      }
    }
  }

  of(word: string): readonly Mention[] {
    return this.byWord.get(word) ?? [];
  }

  /** The later line that sets the same variable anew without `word`: why a line that was read has no effect. */
  replacement(record: AssignmentRecord, word: string): Condition | undefined {
    if (!record.live || record.name === undefined) return undefined;
    const same = this.ofName(record.name);
    if (!same.some((own) => own.record === record && own.words.includes(word))) return undefined;
    const later = same.find(
      ({ record: next, words }) =>
        next.scope === record.scope &&
        next.index > record.index &&
        isPlainSet(next.statement) &&
        !words.some((other) => passesOn(other, word)),
    );
    if (later === undefined) return undefined;
    const { statement } = later.record;
    const text = `replaced by ${showAssignment(statement, word)}`;
    return { text, holds: false, at: statement.at, symbols: symbolsIn(statement.name, record.scope) };
  }

  private ofName(name: string): readonly Mention[] {
    if (this.byName.size === 0) {
      for (const mention of this.all) {
        if (mention.record.name === undefined) continue;
        const same = this.byName.get(mention.record.name);
        if (same === undefined) this.byName.set(mention.record.name, [mention]);
        else same.push(mention);
      }
    }
    return this.byName.get(name) ?? [];
  }

  nameOf(record: AssignmentRecord): string {
    return record.name ?? this.expand(record.statement.name).trim();
  }

  expandName(name: string): string {
    return this.expand(name).trim();
  }
}

export class ChainFinder {
  private readonly mentions = new Map<string, Mentions>();
  private readonly directoryChains = new Map<string, readonly Chain[]>();

  constructor(private readonly source: TraceSource) {}

  /** Chains for a word in the lists of a directory. `builtin`: a chain through an `m` list does not hold. */
  chainsOf(directory: string, word: string, builtin: boolean): Chain[] {
    const found: Chain[] = [];
    for (
      let path: string | undefined = directory;
      path !== undefined;
      path = path === "" ? undefined : directoryOf(path)
    ) {
      const relative = path === "" || path === directory ? "" : directory.slice(path.length + 1);
      const name = path === directory ? word : `${path === "" ? directory : relative}/${word}`;
      found.push(...this.chainsWithin(path, name, builtin, "names"));
    }
    return sortChains(found);
  }

  /** Chains by which a directory is entered; one empty chain for the root. */
  chainsOfDirectory(path: string, builtin: boolean): readonly Chain[] {
    if (path === "") return [{ steps: [], holds: true }];
    const key = `${path}:${builtin}`;
    const known = this.directoryChains.get(key);
    if (known !== undefined) return known;
    this.directoryChains.set(key, []);
    const found: Chain[] = [];
    for (let parent = directoryOf(path); ; parent = directoryOf(parent)) {
      const relative = parent === "" ? path : path.slice(parent.length + 1);
      for (const word of [`${relative}/`, relative, `${parent === "" ? "" : "./"}${path}/lib.a`]) {
        found.push(...this.chainsWithin(parent, word, builtin, "directory"));
      }
      if (parent === "") break;
    }
    const sorted = found.length > 0 ? sortChains(found) : [this.unnamed(path)];
    this.directoryChains.set(key, sorted);
    return sorted;
  }

  /** The chain of a directory that no statement above it names, live or not (`arch/x86/` for another architecture). */
  private unnamed(path: string): Chain {
    const at = { file: this.source.directory(directoryOf(path)).file ?? "Makefile", line: 1 };
    const text = `no Makefile above names ${path}/`;
    const step: Step = {
      kind: "directory",
      word: `${path}/`,
      text: "(end of the way up)",
      at,
      conditions: [{ text, holds: false, at, symbols: [] }],
      holds: false,
    };
    return { steps: [step], holds: false };
  }

  /** Chains for a word of one directory's own file; for the root also those of the top Makefile. */
  private chainsWithin(path: string, word: string, builtin: boolean, kind: Step["kind"]): Chain[] {
    const own = this.mentionsOf(path);
    const chains = this.climb(own, word, builtin, kind, new Set());
    if (path === "") chains.push(...this.climb(this.mentionsOfTop(), word, builtin, kind, new Set()));
    if (chains.length === 0) return [];
    const upward = this.chainsOfDirectory(path, builtin);
    return chains.flatMap((chain) => upward.map((up) => joinChains(chain.steps, up.steps)));
  }

  private mentionsOf(path: string): Mentions {
    let known = this.mentions.get(path);
    if (known === undefined) {
      const directory = this.source.directory(path);
      const records = directory.process.scope.records.slice(directory.firstRecord, directory.ownRecords);
      known = new Mentions(records, (text) => directory.process.look(text));
      this.mentions.set(path, known);
    }
    return known;
  }

  private mentionsOfTop(): Mentions {
    let known = this.mentions.get("top Makefile");
    if (known === undefined) {
      const records = this.source.top.scope.records.filter((record) => {
        const stem = splitName(record.statement.name)?.stem;
        return stem !== undefined && LISTS.has(stem);
      });
      known = new Mentions(records, (text) => this.source.top.expand(text));
      this.mentions.set("top Makefile", known);
    }
    return known;
  }

  /** From every statement that brings `word` in, up to a list that Kbuild reads. */
  private climb(within: Mentions, word: string, builtin: boolean, kind: Step["kind"], seen: Set<string>): Chain[] {
    if (seen.has(word) || seen.size > MAX_STEPS) return [];
    const visited = new Set(seen).add(word);
    const chains: Chain[] = [];
    const mentions = within.of(word);
    for (const mention of mentions) {
      if (chains.length >= MAX_CHAINS) break;
      if (isPassedOn(within, mention, mentions)) continue;
      const deeper = this.descend(within, mention, word, 0);
      const name = within.nameOf(mention.record);
      for (const up of this.above(within, mention.record, name, word, builtin, kind, visited)) {
        chains.push(joinChains(deeper, up.steps));
      }
    }
    return chains;
  }

  /** The chains from the variable that a statement adds to. The first step is the statement itself. */
  private above(
    within: Mentions,
    record: AssignmentRecord,
    name: string,
    word: string,
    builtin: boolean,
    kind: Step["kind"],
    seen: Set<string>,
  ): Chain[] {
    const parts = splitName(name);
    const isList = parts !== undefined && LISTS.has(parts.stem);
    const condition = parts === undefined ? undefined : suffixCondition(record, parts.suffix, builtin);
    if (isList) return [joinChains([stepOf(within, kind, word, record, condition)], [])];
    const chains: Chain[] = [];
    if (parts !== undefined) {
      for (const up of this.climb(within, `${parts.stem}.o`, builtin, "names", seen)) {
        chains.push(joinChains([stepOf(within, "member", word, record, condition)], up.steps));
      }
    }
    const intended = new Set([
      name,
      ...(parts !== undefined && condition?.holds === false ? [`${parts.stem}-y`, `${parts.stem}-m`] : []),
    ]);
    for (const consumer of within.all) {
      if (chains.length >= MAX_CHAINS || consumer.record === record) continue;
      const key = `${consumer.record.index}`;
      if (seen.has(key)) continue;
      const used = referencedNames(consumer.record.statement.value).map((reference) => within.expandName(reference));
      if (!used.some((reference) => intended.has(reference))) continue;
      // `$(x-m)` takes what x-$(CONFIG_X) holds for m, whatever the list it goes into.
      const asked = parts !== undefined && record.statement.name.includes("$");
      const suffix = asked ? suffixCondition(record, parts.suffix, builtin && !used.includes(name)) : undefined;
      const ups = this.above(
        within,
        consumer.record,
        within.nameOf(consumer.record),
        word,
        builtin,
        kind,
        new Set(seen).add(key),
      );
      for (const up of ups) chains.push(joinChains([stepOf(within, "variable", word, record, suffix)], up.steps));
    }
    return chains;
  }

  /** Steps inside the value of a statement: the variables through which `word`, or a part of it, came in. */
  private descend(within: Mentions, mention: Mention, word: string, depth: number): Step[] {
    const { record } = mention;
    if (depth > MAX_STEPS || wordsOf(record.statement.value).includes(word)) return [];
    let best: { mention: Mention; part: string; within: Mentions } | undefined;
    for (const used of referencedNames(record.statement.value)) {
      const name = within.expandName(used);
      if (name.startsWith("CONFIG_")) continue;
      for (const candidate of this.sourcesOf(within, record, name)) {
        const words = candidate.mention.words;
        const part = words.includes(word) ? word : isListName(name) ? longestPart(words, word) : undefined;
        if (part !== undefined && (best === undefined || part.length > best.part.length)) best = { ...candidate, part };
      }
    }
    if (best === undefined) return [];
    const deeper = this.descend(best.within, best.mention, best.part, depth + 1);
    const name = best.within.nameOf(best.mention.record);
    const parts = splitName(name);
    const conditional = best.mention.record.statement.name.includes("$") && parts !== undefined;
    const condition = conditional ? suffixCondition(best.mention.record, parts.suffix, false) : undefined;
    return [...deeper, stepOf(best.within, "variable", best.part, best.mention.record, condition)];
  }

  /** Statements that made a variable, here or in the make that started this one. */
  private sourcesOf(within: Mentions, user: AssignmentRecord, name: string): { mention: Mention; within: Mentions }[] {
    const here = within.all
      .filter(
        ({ record }) => record.scope === user.scope && record.index < user.index && within.nameOf(record) === name,
      )
      .map((mention) => ({ mention, within }));
    if (here.length > 0) return here;
    const scope = user.scope;
    const records = scope.inheritedRecords(name);
    const before =
      scope === this.source.top.scope ? scope.records.filter((r) => r.name === name && r.index < user.index) : records;
    if (before.length === 0) return [];
    const expand = (text: string): string => this.source.top.expand(text);
    const other = new Mentions(before, expand);
    return other.all.map((mention) => ({ mention, within: other }));
  }
}

/** Older kernels turn a directory of a list into its archive: `init/` becomes `init/built-in.a`. */
function passesOn(later: string, word: string): boolean {
  return later === word || (word.endsWith("/") && later.startsWith(word));
}

function isPlainSet({ operator }: Assignment): boolean {
  return operator === ":=" || operator === "=";
}

/** Whether a statement only hands on what another one, in `mentions` too, put into a variable. */
function isPassedOn(within: Mentions, mention: Mention, mentions: readonly Mention[]): boolean {
  const { record } = mention;
  if (!record.statement.value.includes("$")) return false;
  const used = new Set(referencedNames(record.statement.value).map((name) => within.expandName(name)));
  return mentions.some(
    (other) => other !== mention && other.record.index < record.index && used.has(within.nameOf(other.record)),
  );
}

/** Whether a name is that of a list (`machine-y`, `core-`, `proc-objs`): its words are names, not settings such as SRCARCH. */
function isListName(name: string): boolean {
  return /-(y|m|objs|)$/.test(name);
}

/** The longest of `words` that is a part of `whole`; what patsubst and addprefix leave of it. */
function longestPart(words: readonly string[], whole: string): string | undefined {
  let best: string | undefined;
  for (const word of words) {
    if (whole.includes(word) && (best === undefined || word.length > best.length)) best = word;
  }
  return best;
}

function stepOf(
  within: Mentions,
  kind: Step["kind"],
  word: string,
  record: AssignmentRecord,
  condition: Condition | undefined,
): Step {
  const replaced = within.replacement(record, word);
  const conditions = [...branchConditions(record), ...[condition, replaced].filter((c) => c !== undefined)];
  const { statement } = record;
  return {
    kind,
    word,
    text: showAssignment(statement, word),
    at: statement.at,
    conditions,
    holds: conditions.every((c) => c.holds),
  };
}

/** Statements can name hundreds of objects: only the one asked for is shown then. */
const MAX_SHOWN = 100;

function showAssignment({ name, operator, value }: Assignment, word: string): string {
  const words = wordsOf(value);
  const short = words.join(" ");
  if (short.length <= MAX_SHOWN) return `${name} ${operator} ${short}`;
  const telling = words.includes(word) ? [word] : words.filter((part) => part.includes("$"));
  const shown = telling.length === 0 ? short.slice(0, MAX_SHOWN) : telling.join(" … ").slice(0, MAX_SHOWN);
  return `${name} ${operator} … ${shown} …`;
}

function joinChains(first: readonly Step[], second: readonly Step[]): Chain {
  const steps = [...first, ...second];
  return { steps, holds: steps.every((step) => step.holds) };
}

/** Those that hold first, then those nearest to holding; each chain once. */
function sortChains(chains: readonly Chain[]): Chain[] {
  const keyed = new Map(chains.map((chain) => [`${chain.steps.map((step) => showPlace(step.at)).join(" ")} `, chain]));
  for (const [key, chain] of [...keyed]) {
    const longer = [...keyed].some(([other, c]) => other !== key && other.startsWith(key) && c.holds === chain.holds);
    if (longer) keyed.delete(key);
  }
  const failing = (chain: Chain): number => chain.steps.flatMap((s) => s.conditions).filter((c) => !c.holds).length;
  return [...keyed.values()]
    .sort((a, b) => failing(a) - failing(b) || a.steps.length - b.steps.length)
    .slice(0, MAX_CHAINS);
}
