/**
 * Goal: no input crashes, and what is written can be read back.
 * Method: fast-check over the grammar (mostly sound trees), over damaged text, and over `.config` lines.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  allconfig,
  Configuration,
  type Dialect,
  decodeBytes,
  encodeBytes,
  KconfigError,
  type KconfigTree,
  loadTree,
  lost,
  MemoryFiles,
  olddefconfig,
  parseKconfig,
  savedefconfig,
  saveTree,
  why,
} from "./index.js";

const RUNS = 150;
const NAMES = ["A", "B", "C", "D", "E", "MODULES", "NUM", "TEXT"];
const dialect = fc.constantFrom<Dialect>("6.1", "6.12");
const name = fc.constantFrom(...NAMES.slice(0, 6));

/** Symbols only look back, so that most trees have no recursive dependency. */
function expression(limit: number): fc.Arbitrary<string> {
  const symbol = fc.constantFrom(...NAMES.slice(0, Math.max(1, limit)), "y", "n");
  const atom = fc.oneof(
    symbol,
    symbol.map((text) => `!${text}`),
    fc.tuple(symbol, fc.constantFrom("=", "!=")).map(([text, op]) => `${text} ${op} y`),
  );
  return fc.oneof(
    atom,
    fc.tuple(atom, fc.constantFrom("&&", "||"), atom).map((parts) => parts.join(" ")),
    fc.tuple(atom, atom, atom).map(([a, b, c]) => `(${a} || ${b}) && ${c}`),
  );
}

const config = fc.integer({ min: 0, max: 5 }).chain((index) =>
  fc
    .record({
      type: fc.constantFrom("bool", "tristate"),
      prompt: fc.boolean(),
      depends: fc.option(expression(index)),
      standard: fc.option(expression(index)),
      condition: fc.option(expression(index)),
      select: fc.option(fc.constantFrom(...NAMES.slice(Math.min(index + 1, 5), 6))),
      help: fc.boolean(),
    })
    .map(({ type, prompt, depends, standard, condition, select, help }) =>
      [
        `config ${NAMES[index]}`,
        `\t${type}${prompt ? ` "Prompt"${condition === null ? "" : ` if ${condition}`}` : ""}`,
        ...(NAMES[index] === "MODULES" ? ["\tmodules"] : []),
        ...(depends === null ? [] : [`\tdepends on ${depends}`]),
        ...(standard === null ? [] : [`\tdefault ${standard}`]),
        ...(select === null || NAMES[index] === select ? [] : [`\tselect ${select}`]),
        ...(help ? ["\thelp", "\t  Some help.", "", "\t  More."] : []),
        "",
      ].join("\n"),
    ),
);
const number = fc
  .tuple(fc.integer({ min: -5, max: 99 }), fc.integer({ min: 0, max: 50 }))
  .map(([standard, low]) => `config NUM\n\tint "Number"\n\trange ${low} 60\n\tdefault ${standard}\n`);
const text = fc
  .string({ maxLength: 8 })
  .map(
    (value) => `config TEXT\n\tstring "Text"\n\tdefault "${value.replace(/[\\"$\n\0]/g, "\\$&").replace(/\n/g, "")}"\n`,
  );
const choice = fc
  .array(fc.constantFrom("X1", "X2", "X3"), { minLength: 1, maxLength: 3 })
  .map(
    (members) =>
      `choice\n\tprompt "Choice"\n\n${members.map((member) => `config ${member}\n\tbool "${member}"\n`).join("\n")}\nendchoice\n`,
  );
const block: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: config },
  number,
  text,
  choice,
  fc.tuple(name, config).map(([condition, inner]) => `if ${condition} || y\n${inner}endif\n`),
  config.map((inner) => `menu "Menu"\n\tvisible if A || y\n${inner}endmenu\n`),
);
const kconfig = fc.array(block, { minLength: 1, maxLength: 7 }).map((blocks) => blocks.join("\n"));
const configLine = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...NAMES, "X1", "X2", "NONE"),
      fc.constantFrom("y", "m", "n", "7", '"t"', '"a\\"b"', '"open', ""),
    )
    .map(([symbol, value]) => `CONFIG_${symbol}=${value}`),
  name.map((symbol) => `# CONFIG_${symbol} is not set`),
  fc.string({ maxLength: 12 }),
);
const configText = fc.array(configLine, { maxLength: 10 }).map((lines) => `${lines.join("\n")}\n`);

/** Undefined: not a sound tree, and said so properly. */
function parse(source: string, rules: Dialect): KconfigTree | undefined {
  try {
    return parseKconfig({ files: new MemoryFiles({ Kconfig: source }), dialect: rules });
  } catch (error) {
    expect(error).toBeInstanceOf(KconfigError);
    expect((error as KconfigError).message).not.toBe("");
    return undefined;
  }
}

describe("fuzz", () => {
  test("what olddefconfig writes is stable, and its minimal form leads back to it", () => {
    let sound = 0;
    fc.assert(
      fc.property(kconfig, configText, dialect, (source, input, rules) => {
        const tree = parse(source, rules);
        if (tree === undefined) return;
        sound++;
        const first = olddefconfig(tree, input);
        const second = olddefconfig(tree, first.text);
        expect(second.text).toBe(first.text);
        expect(lost(new Configuration(tree).load(first.text))).toEqual([]);
        const minimal = savedefconfig(tree, first.text).text;
        expect(minimal.length).toBeLessThanOrEqual(first.text.length);
        for (const symbol of NAMES) why(first.configuration, symbol);
      }),
      { numRuns: RUNS, seed: 1 },
    );
    expect(sound).toBeGreaterThan(RUNS / 4);
  });

  test("a cached tree is the tree", () => {
    fc.assert(
      fc.property(kconfig, configText, dialect, (source, input, rules) => {
        const tree = parse(source, rules);
        if (tree === undefined) return;
        const files = new MemoryFiles({ Kconfig: source });
        const loaded = loadTree(saveTree(tree), { files })!;
        const [a, b] = [olddefconfig(tree, input), olddefconfig(loaded, input)];
        expect([b.text, b.stderr]).toEqual([a.text, a.stderr]);
        for (const mode of ["allyesconfig", "allnoconfig", "allmodconfig"] as const)
          expect(allconfig(loaded, mode).text).toBe(allconfig(tree, mode).text);
        for (const menu of tree.menus) expect(loaded.help(loaded.menus[menu.index]!)).toBe(tree.help(menu));
        expect(loadTree(saveTree(tree), { files: new MemoryFiles({ Kconfig: `${source}\n` }) })).toBeUndefined();
      }),
      { numRuns: RUNS, seed: 2 },
    );
  });

  test("damaged trees give a message, never a crash", () => {
    const noise = fc.constantFrom(
      '"',
      "(",
      ")",
      "if",
      "endif",
      "$(",
      "config",
      "\\",
      "\0",
      "choice\n",
      "help\n",
      "&&",
      "é",
      "=",
    );
    fc.assert(
      fc.property(
        kconfig,
        fc.array(fc.tuple(fc.nat(2000), noise), { maxLength: 4 }),
        dialect,
        (source, damage, rules) => {
          let broken = source;
          for (const [at, what] of damage)
            broken = broken.slice(0, at % (broken.length + 1)) + what + broken.slice((at + 1) % (broken.length + 1));
          const tree = parse(broken, rules);
          if (tree !== undefined) olddefconfig(tree, undefined);
        },
      ),
      { numRuns: 2 * RUNS, seed: 3 },
    );
  });

  test("any text at all", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), dialect, (source, rules) => {
        parse(source, rules);
      }),
      { numRuns: 2 * RUNS, seed: 4 },
    );
  });

  test("bytes survive being text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect([...encodeBytes(decodeBytes(bytes))]).toEqual([...bytes]);
      }),
      { seed: 5 },
    );
  });

  test("damaged cache bytes are refused", () => {
    const source = 'config A\n\tbool "A"\n\tdepends on B\n\nconfig B\n\tdef_bool y\n';
    const saved = saveTree(parse(source, "6.12")!);
    const files = new MemoryFiles({ Kconfig: source });
    for (let length = 0; length < saved.length; length += 7)
      expect(loadTree(saved.slice(0, length), { files })).toBeUndefined();
  });
});
