/**
 * Does it link: which names do the emitted functions use, and are they all defined?
 *
 * As for ld, only what live code uses counts (relocations, not a symbol table), and a name that dead code alone uses is
 * no error. Each reference comes with the path that keeps it alive; a name that is declared, used in the source and
 * needed by nobody comes with what kills it (`explain-link.ts`).
 */
import { decisiveFor, type EmitOptions, type Emitted, emit, type Optimisation, usersOf, usesOf } from "./emit.js";
import { type Fact, type LiveStep, liveSteps, whyDead } from "./explain-link.js";
import type { Recent } from "./recent.js";
import type { At, Module } from "./types.js";

export interface UndefinedReference {
  readonly symbol: string;
  /** The object that holds the reference. */
  readonly object: string;
  /** The emitted function that holds it, as ld names it without debug information; `at.fn` is the source's. */
  readonly holder: string;
  readonly at: At;
  /** Where the source declares the symbol. */
  readonly declared: At;
  /** The emitted functions from one that is live by itself to the holder. */
  readonly path: readonly string[];
  /** The path with every branch that decides it. */
  readonly steps: readonly LiveStep[];
  /** Whether the reference is there hangs on what gcc expands in place, which is its own choice. */
  readonly isUncertain: boolean;
}

/** A declared name that nobody defines, and that the object would need were it not for a compiler that optimises. */
export interface DroppedReference {
  readonly symbol: string;
  readonly declared: At;
  /** A place in dead code that uses it. */
  readonly at: At;
  /** What kills the way there. */
  readonly because: readonly Fact[];
  /** Only constants decide it (a predicate that the configuration makes false), no range of values. */
  readonly byConstants: boolean;
  readonly isUncertain: boolean;
}

export interface Linked {
  readonly undefined: readonly UndefinedReference[];
  readonly dropped: readonly DroppedReference[];
}

/** A file's reference to a symbol, as one line of ld's output. */
function lineKey({ symbol, at, object }: Pick<UndefinedReference, "symbol" | "at" | "object">): string {
  return [object, symbol, at.file, at.line, at.fn].join("\n");
}

export interface LinkOptions {
  /** "O2" unless told. */
  readonly level?: Optimisation;
  /** Where results are kept for links that hang on the same functions. */
  readonly memo?: Recent<Linked>;
}

/** Links the module. `roots` are live whoever calls them: what objects export, and scenarios. */
export function link(module: Module, roots: readonly string[], { level = "O2", memo }: LinkOptions = {}): Linked {
  if (module.undefinedFunctions.size === 0) return { undefined: [], dropped: [] };
  const unoptimised = undefinedSymbols(module, roots, "O0"); // optimisation only drops references
  const linked = apart(module, roots, unoptimised).map((about) => linkOnce(module, roots, level, about, memo));
  // In the order of objects and declarations, whatever the parts; scenarios, which are no object, come last.
  const objects = [...new Set([...module.functions.values()].map(({ object }) => object))];
  const orderOf = (object: string) => (objects.includes(object) ? objects.indexOf(object) : objects.length);
  const symbols = [...module.undefinedFunctions.keys()];
  return {
    undefined: linked.flatMap((part) => part.undefined).sort((a, b) => orderOf(a.object) - orderOf(b.object)),
    dropped: linked
      .flatMap((part) => part.dropped)
      .sort((a, b) => symbols.indexOf(a.symbol) - symbols.indexOf(b.symbol)),
  };
}

/**
 * Names in groups that have no object in common: each is a link of its own, and known from before by itself. Functions of
 * headers are part of whatever object includes them; scenarios are one object more.
 */
function apart(module: Module, roots: readonly string[], names: ReadonlySet<string>): readonly ReadonlySet<string>[] {
  const isRoot = new Set(roots);
  let groups: { readonly names: ReadonlySet<string>; readonly objects: ReadonlySet<string> }[] = [];
  for (const name of names) {
    const users = [...usersOf(module, [name])].filter((fn) => fn.object !== undefined || isRoot.has(fn.name));
    const objects = new Set(users.map((fn) => fn.object ?? ""));
    const isNear = (group: { readonly objects: ReadonlySet<string> }) => [...group.objects].some((o) => objects.has(o));
    const near = groups.filter(isNear);
    const joined = {
      names: new Set([...near.flatMap((group) => [...group.names]), name]),
      objects: new Set([...near.flatMap((group) => [...group.objects]), ...objects]),
    };
    groups = [...groups.filter((group) => !near.includes(group)), joined];
  }
  return groups.map((group) => group.names);
}

function linkOnce(
  module: Module,
  roots: readonly string[],
  level: Optimisation,
  about: ReadonlySet<string>,
  memo: LinkOptions["memo"],
): Linked {
  if (!memo) return linkAbout(module, roots, level, about);
  const key = linkKey(module, roots, level, about);
  const linked = memo.get(key) ?? linkAbout(module, roots, level, about);
  memo.set(key, linked);
  return linked;
}

/** All that decides a link: the functions that matter, with what they lead to, the roots and the missing names among them. */
function linkKey(module: Module, roots: readonly string[], level: Optimisation, about: ReadonlySet<string>): string {
  const functions = [...decisiveFor(module, about)].sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = new Set(functions.map(({ name }) => name));
  const key = {
    level,
    roots: roots.filter((root) => names.has(root)),
    missing: [...about].map((name) => [name, module.undefinedFunctions.get(name)]),
    functionTable: module.functionTable,
    functions,
  };
  return JSON.stringify(key, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}

/** `about`: names that are undefined without optimisation. */
function linkAbout(module: Module, roots: readonly string[], level: Optimisation, about: ReadonlySet<string>): Linked {
  const usual = emit(module, roots, level, { about });
  const found = undefinedUses(module, usual).filter(({ use }) => about.has(use.symbol));
  const others = (["eager", "reluctant"] as const).map((inlining) =>
    undefinedSymbols(module, roots, level, { inlining, about }),
  );
  const missing = new Set(found.map(({ use }) => use.symbol));
  const isUncertain = (symbol: string) => others.some((names) => names.has(symbol) !== missing.has(symbol));

  const lines = new Map<string, UndefinedReference>();
  const paths = pathsFrom(usual, module, roots);
  for (const { emitted, use } of found) {
    const { symbol, at } = use;
    const key = lineKey({ symbol, at, object: emitted.object });
    const path = paths(emitted);
    if (lines.has(key) || !path) continue;
    lines.set(key, {
      symbol,
      object: objectOf(emitted),
      holder: emitted.name,
      at,
      declared: module.undefinedFunctions.get(symbol)!.declared,
      path: path.map(({ name }) => name),
      steps: liveSteps(path, use),
      isUncertain: isUncertain(symbol),
    });
  }
  const dropped = [...module.undefinedFunctions].flatMap(([symbol, { at, declared }]): DroppedReference[] => {
    if (missing.has(symbol) || !about.has(symbol)) return [];
    const why = whyDead(module, usual, symbol);
    const { facts: because, byConstants } = why;
    return [{ symbol, declared, at: why.at ?? at, because, byConstants, isUncertain: isUncertain(symbol) }];
  });
  return { undefined: [...lines.values()], dropped };
}

/** The names that a level leaves undefined: all that a comparison with a compiler needs. */
export function undefinedSymbols(
  module: Module,
  roots: readonly string[],
  level: Optimisation,
  options: EmitOptions = {},
): ReadonlySet<string> {
  return new Set(undefinedUses(module, emit(module, roots, level, options)).map(({ use }) => use.symbol));
}

function undefinedUses(module: Module, all: readonly Emitted[]) {
  return all.flatMap((emitted) =>
    usesOf(emitted)
      .filter(({ symbol }) => module.undefinedFunctions.has(symbol))
      .map((use) => ({ emitted, use })),
  );
}

function objectOf(emitted: Emitted): string {
  return emitted.object === "" ? emitted.expanded.fn.at.file.replace(/\.ts$/, ".o") : emitted.object;
}

/** The shortest way from a function that is live by itself to an emitted one. */
function pathsFrom(
  all: readonly Emitted[],
  module: Module,
  roots: readonly string[],
): (to: Emitted) => readonly Emitted[] | undefined {
  const byKey = new Map(all.map((emitted) => [`${emitted.object}\n${emitted.name}`, emitted]));
  const from = new Map<Emitted, Emitted | undefined>();
  const isRoot = new Set(roots);
  const queue: Emitted[] = [];
  const add = (emitted: Emitted, parent: Emitted | undefined): void => {
    if (from.has(emitted)) return;
    from.set(emitted, parent);
    queue.push(emitted);
  };
  for (const emitted of all) if (isRoot.has(emitted.name)) add(emitted, undefined);
  const follow = (): void => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      for (const { symbol } of usesOf(next)) {
        const used = byKey.get(`${module.functions.get(symbol)?.object ?? next.object}\n${symbol}`);
        if (used) add(used, next);
      }
    }
  };
  follow();
  // Without optimisation, and where a call died too late, functions are emitted that nothing reaches.
  for (const emitted of all) {
    add(emitted, undefined);
    follow();
  }
  return (to) => {
    if (!from.has(to)) return undefined;
    const path = [to];
    for (let up = from.get(to); up; up = from.get(up)) path.unshift(up);
    return path;
  };
}
