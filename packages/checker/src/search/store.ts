/**
 * The set of states: exact, append-only, in order of discovery, so that it is the queue of a breadth-first search too.
 *
 * A state is stored as a key (`keys.ts`): the numbers of its shared part and of its CPUs' parts. Each part is stored
 * once, whole, in a table of parts. Two states are equal exactly if their keys are, so a look-up in the hash table of
 * keys never has to read the state itself, and there is no hash compaction. The parts are few, so their tables stay in
 * the processor's cache; a successor shares most parts with the state that it comes from, and those are not looked up.
 *
 * A key's slot is given by the high bits of its hash: a table that doubles is then read and written in order.
 *
 * Successors are looked up in batches: all are hashed, then the slots of all are read, then each is compared and added.
 * Reads that do not wait for each other overlap in the processor, the more the less is done between them, and a search is
 * little else than reads that miss the cache. The order of discovery is that of the successors.
 *
 * This is generated text, specialised to the number of words.
 */
import { cpuPartLimit, type KeyPlan, sharedPartLimit } from "./keys.js";
import type { Layout } from "./layout.js";

/** States in a chunk of keys. */
const CHUNK_LOG = 15;
/** The table doubles when it is this full. */
const MAX_LOAD = 0.7;
const FIRST_TABLE_LOG = 14;
const FIRST_PARTS_LOG = 10;
/** Successors in a batch. */
const BATCH = 64;

/** Words mixed into one, whose high bits depend on all of them. The products do not wait for each other. */
function mixed(count: number, word: (i: number) => string): string {
  const factors = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1];
  const terms = Array.from({ length: count }, (_, i) => {
    const factor = Math.imul(factors[i % factors.length]!, 2 * Math.floor(i / factors.length) + 1);
    return `Math.imul(${word(i)}, ${factor})`;
  });
  return terms.length === 0 ? "0" : `(${terms.join(" + ")}) | 0`;
}

/** What a store holds, to be handed to one with another layout or another plan of keys. */
export interface StoreContents {
  /** The words of each part, in the order of their numbers. */
  readonly shared: Int32Array;
  readonly sharedCount: number;
  readonly cpu: Int32Array;
  readonly cpuCount: number;
  /** Whole chunks; the last one is not full. */
  readonly keys: readonly Int32Array[];
  readonly count: number;
}

/**
 * Statements that define `S`, `N`, `count`, `emit()` (of successor `ordinal`), `flush()`, `load(id)`, `seed()`,
 * `contents()`, `adopt(contents)`, `seek(id)`, `hit` and `memory()`. `env.manyParts()` must not return: it is called when a
 * part number does not fit the plan.
 */
export function storeText(layout: Layout, plan: KeyPlan): string {
  const { words, cpuBase, cpuWords } = layout;
  const m = plan.words;
  const each = (count: number, f: (i: number) => string, separator = " ") =>
    Array.from({ length: count }, (_, i) => f(i)).join(separator);
  const parts = plan.fields.map((field, index) => ({
    ...field,
    name: `part${index}`,
    from: index === 0 ? 0 : cpuBase + (index - 1) * cpuWords,
    size: index === 0 ? cpuBase : cpuWords,
    kind: index === 0 ? "shared" : "cpu",
  }));
  const keyWord = (word: number, name: (part: (typeof parts)[number]) => string) =>
    parts
      .filter((part) => part.word === word)
      .map((part) => (part.shift === 0 ? name(part) : `(${name(part)} << ${part.shift})`))
      .join(" | ");
  const hash = (word: (i: number) => string) =>
    `let h = ${mixed(m, word)}; h = Math.imul(h ^ (h >>> 15), ${0x85ebca6b | 0}); h = Math.imul(h ^ (h >>> 13), ${0xc2b2ae35 | 0});`;
  const same = (array: string, at: string, key: (i: number) => string) =>
    each(m, (i) => `${array}[${at}${i === 0 ? "" : ` + ${i}`}] === ${key(i)}`, " && ");
  const within = (id: string) => `(${id} & ${(1 << CHUNK_LOG) - 1}) * ${m}`;
  return `
const S = new Int32Array(${words}), N = new Int32Array(${words});
${partsText("shared", cpuBase, sharedPartLimit(plan))}
${partsText("cpu", cpuWords, cpuPartLimit(plan))}
let ${parts.map((part) => `${part.name} = 0`).join(", ")};
const batch = new Int32Array(${m * BATCH}), ordinals = new Int32Array(${BATCH});
const hashes = new Int32Array(${BATCH});
let chunks = [], chunk = null;
let pending = 0, ordinal = 0, touched = 0;
let count = 0, tableLog = ${FIRST_TABLE_LOG}, table = new Int32Array(${m} << ${FIRST_TABLE_LOG}), grow = 0;
let isSeeking = false, hit = -1;
const wanted = new Int32Array(${m});
setGrow();
function setGrow() { grow = Math.floor(2 ** tableLog * ${MAX_LOAD}); }
function add(${parts.map((_, i) => `q${i}`).join(", ")}) {
  const at = pending * ${m};
  ${each(m, (word) => `batch[at + ${word}] = ${keyWord(word, (part) => part.name.replace("part", "q"))};`)}
  ordinals[pending] = ordinal++;
  if (++pending === ${BATCH}) flush();
}
/** N is the current state's next successor. */
function emit() {
  add(${parts
    .map((part) => {
      const equal = each(part.size, (i) => `N[${part.from + i}] === S[${part.from + i}]`, " && ") || "true";
      return `${equal} ? ${part.name} : ${part.kind}Part(${part.from})`;
    })
    .join(",\n    ")});
}
/** N is the initial state. */
function seed() {
  add(${parts.map((part) => `${part.kind}Part(${part.from})`).join(", ")});
  flush();
}
/** Looks up what is pending, and adds what is new. */
function flush() {
  if (isSeeking) { look(); return; }
  const n = pending;
  pending = 0;
  let slots = table, shift = 32 - tableLog;
  for (let k = 0; k < n; k++) {
    const from = k * ${m};
    ${hash((i) => `batch[from + ${i}]`)}
    hashes[k] = h;
  }
  let sum = 0;
  for (let k = 0; k < n; k++) sum |= slots[(hashes[k] >>> shift) * ${m}];
  touched |= sum;
  for (let k = 0; k < n; k++) {
    const from = k * ${m};
    ${each(m, (i) => `const k${i} = batch[from + ${i}];`)}
    let at = (hashes[k] >>> shift) * ${m};
    for (;;) {
      if (slots[at] === 0) {
        ${each(m, (i) => `slots[at + ${i}] = k${i};`)}
        if ((count & ${(1 << CHUNK_LOG) - 1}) === 0) chunks.push(chunk = new Int32Array(${m << CHUNK_LOG}));
        const to = ${within("count")};
        ${each(m, (i) => `chunk[to + ${i}] = k${i};`)}
        if (++count >= grow) { double(); slots = table; shift = 32 - tableLog; }
        break;
      }
      if (${same("slots", "at", (i) => `k${i}`)}) break;
      if ((at += ${m}) === slots.length) at = 0;
    }
  }
}
/** Puts the keys of an array into an empty table. */
function fill(keys, length) {
  const slots = table, shift = 32 - tableLog;
  for (let from = 0; from < length; from += ${m}) {
    if (keys[from] === 0) continue;
    ${hash((i) => `keys[from + ${i}]`)}
    let at = (h >>> shift) * ${m};
    while (slots[at] !== 0) if ((at += ${m}) === slots.length) at = 0;
    ${each(m, (i) => `slots[at + ${i}] = keys[from + ${i}];`)}
  }
}
function double() {
  const old = table;
  tableLog++;
  table = new Int32Array(${m} * 2 ** tableLog);
  setGrow();
  fill(old, old.length);
}
function load(id) {
  const keys = chunks[id >>> ${CHUNK_LOG}], at = ${within("id")};
  ${each(m, (i) => `const k${i} = keys[at + ${i}];`)}
  ${parts.map((part) => `${part.name} = (k${part.word} >>> ${part.shift}) & ${2 ** part.bits - 1};`).join(" ")}
  ${parts
    .map((part) => {
      if (part.size === 0) return "";
      const reads = each(part.size, (i) => `S[${part.from + i}] = ${part.kind}List[from + ${i}];`);
      return `{ const from = (${part.name} - 1) * ${part.size}; ${reads} }`;
    })
    .join("\n  ")}
}
/** From here on nothing is added: \`hit\` becomes the ordinal of the first successor that is state \`id\`. */
function seek(id) {
  isSeeking = true; hit = -1;
  const at = ${within("id")};
  for (let i = 0; i < ${m}; i++) wanted[i] = chunks[id >>> ${CHUNK_LOG}][at + i];
}
function look() {
  for (let k = 0; k < pending && hit < 0; k++) {
    if (${same("batch", `k * ${m}`, (i) => `wanted[${i}]`)}) hit = ordinals[k];
  }
  pending = 0;
}
function contents() {
  return {
    shared: sharedList.slice(0, sharedCount * ${cpuBase}), sharedCount,
    cpu: cpuList.slice(0, cpuCount * ${cpuWords}), cpuCount,
    keys: chunks, count,
  };
}
/** Makes the contents of another store those of this one, which is empty. */
function adopt(from) {
  sharedAdopt(from.shared, from.sharedCount);
  cpuAdopt(from.cpu, from.cpuCount);
  chunks = from.keys.slice(); chunk = chunks[chunks.length - 1]; count = from.count;
  while (count >= grow) { tableLog++; setGrow(); }
  table = new Int32Array(${m} * 2 ** tableLog);
  let left = count;
  for (const keys of chunks) { fill(keys, Math.min(left, ${1 << CHUNK_LOG}) * ${m}); left -= ${1 << CHUNK_LOG}; }
}
function memory() {
  return chunks.length * ${(m << CHUNK_LOG) * 4} + table.byteLength + sharedMemory() + cpuMemory();
}
`;
}

/** Statements that define `${name}Part(from)`: the number of the part of N that starts at word `from`, added if it is new. */
function partsText(name: string, size: number, limit: number): string {
  const each = (f: (i: number) => string, separator = " ") =>
    Array.from({ length: size }, (_, i) => f(i)).join(separator);
  const [table, list, count] = [`${name}Table`, `${name}List`, `${name}Count`];
  const hash = (word: (i: number) => string) => `let h = ${mixed(size, word)}; h ^= h >>> 15;`;
  return `
let ${count} = 0, ${table} = new Int32Array(${2 << FIRST_PARTS_LOG}), ${list} = new Int32Array(${size << FIRST_PARTS_LOG});
function ${name}Part(from) {
  ${hash((i) => `N[from + ${i}]`)}
  const mask = ${table}.length - 1;
  let slot = h & mask;
  for (let e = ${table}[slot]; e !== 0; e = ${table}[slot]) {
    const at = (e - 1) * ${size};
    if (${each((i) => `${list}[at + ${i}] === N[from + ${i}]`, " && ") || "true"}) return e;
    slot = (slot + 1) & mask;
  }
  if (${count} >= ${limit}) env.manyParts();
  const at = ${count}++ * ${size};
  ${each((i) => `${list}[at + ${i}] = N[from + ${i}];`)}
  ${table}[slot] = ${count};
  if (${count} * 2 === ${table}.length) {
    const longer = new Int32Array(${list}.length * 2);
    longer.set(${list});
    ${list} = longer;
    ${name}Fill(${table}.length * 2);
  }
  return ${count};
}
function ${name}Fill(length) {
  ${table} = new Int32Array(length);
  for (let e = 1; e <= ${count}; e++) {
    const at = (e - 1) * ${size};
    ${hash((i) => `${list}[at + ${i}]`)}
    let slot = h & (length - 1);
    while (${table}[slot] !== 0) slot = (slot + 1) & (length - 1);
    ${table}[slot] = e;
  }
}
function ${name}Adopt(parts, number) {
  ${count} = number;
  let length = ${2 << FIRST_PARTS_LOG};
  while (number * 2 >= length) length *= 2;
  ${list} = new Int32Array(length / 2 * ${size});
  ${list}.set(parts);
  ${name}Fill(length);
}
function ${name}Memory() { return ${table}.byteLength + ${list}.byteLength; }
`;
}
