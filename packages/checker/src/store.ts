/**
 * The set of states: exact, append-only, in order of discovery, so that it is the queue of a breadth-first search too.
 *
 * States lie in chunks of whole states, `words` 32-bit words each. A hash table with linear probing holds 32-bit
 * entries: the state's number plus 1 in the low bits, and as many bits of its hash as are left in the high ones, so that
 * nearly every miss is decided without touching the state. An entry whose tag agrees is compared word by word: there
 * is no hash compaction.
 *
 * Successors are looked up in batches: first all their table entries are read, then the first word of each state they
 * point at, then each is compared and added. Reads that do not wait for each other overlap in the processor, and a
 * search is little else than reads that miss the cache. The order of discovery is that of the successors.
 *
 * This is generated text, specialised to the number of words.
 */

/** States in a chunk. */
const CHUNK_LOG = 15;
/** The table grows fourfold when it is this full: fewer rounds of rehashing for a little memory. */
const MAX_LOAD = 0.7;
const GROWTH_LOG = 2;
/** Successors in a batch. */
const BATCH = 64;

/** Statements that define `S`, `N`, `count`, `emit()` (of successor `ordinal`), `flush()`, `load(i)`, `memory()`. */
export function storeText(words: number): string {
  const each = (f: (i: number) => string) => Array.from({ length: words }, (_, i) => f(i)).join(" ");
  const all = (f: (i: number) => string) => Array.from({ length: words }, (_, i) => f(i)).join(" && ") || "true";
  const hash = (word: (i: number) => string) => `
    let h = 0;
    ${each((i) => `h = Math.imul(h ^ ${word(i)}, ${0x9e3779b1 | 0}); h ^= h >>> 15;`)}
    h = Math.imul(h, ${0x85ebca6b | 0}); h ^= h >>> 13; h = Math.imul(h, ${0xc2b2ae35 | 0}); h ^= h >>> 16;`;
  const within = (id: string) => `(${id} & ${(1 << CHUNK_LOG) - 1}) * ${words}`;
  return `
const S = new Int32Array(${words}), N = new Int32Array(${words});
const batch = new Int32Array(${Math.max(1, words) * BATCH}), ordinals = new Int32Array(${BATCH});
const hashes = new Int32Array(${BATCH}), entries = new Uint32Array(${BATCH}), touched = new Int32Array(${BATCH});
const chunks = [];
let pending = 0, ordinal = 0;
let count = 0, tableLog = 14, table = new Uint32Array(1 << 14), grow = ((1 << 14) * ${MAX_LOAD}) | 0;
let target = -1, hit = -1;
/** N is the current state's next successor. */
function emit() {
  const at = pending * ${words};
  ${each((i) => `batch[at + ${i}] = N[${i}];`)}
  ordinals[pending] = ordinal++;
  if (++pending === ${BATCH}) flush();
}
/** Looks up what is pending, and adds what is new. */
function flush() {
  const mask = (1 << tableLog) - 1;
  for (let k = 0; k < pending; k++) {
    const at = k * ${words};
    ${hash((i) => `batch[at + ${i}]`)}
    hashes[k] = h;
    entries[k] = table[h & mask];
  }
  for (let k = 0; k < pending; k++) {
    const e = entries[k];
    if (e === 0 || ((e ^ hashes[k]) & ~mask) !== 0) continue;
    const id = (e & mask) - 1;
    touched[k] = chunks[id >>> ${CHUNK_LOG}][${within("id")}];
  }
  for (let k = 0; k < pending; k++) {
    if (insert(k * ${words}, hashes[k]) === target && hit < 0) hit = ordinals[k];
  }
  pending = 0;
}
/** The number of the state at \`from\` of the batch, which is added if it is new. */
function insert(from, h) {
  const mask = (1 << tableLog) - 1;
  let slot = h & mask;
  for (let e = table[slot]; e !== 0; e = table[slot]) {
    if (((e ^ h) & ~mask) === 0) {
      const id = (e & mask) - 1;
      const chunk = chunks[id >>> ${CHUNK_LOG}], at = ${within("id")};
      if (${all((i) => `chunk[at + ${i}] === batch[from + ${i}]`)}) return id;
    }
    slot = (slot + 1) & mask;
  }
  const id = count++;
  table[slot] = ((h & ~mask) | (id + 1)) >>> 0;
  if ((id & ${(1 << CHUNK_LOG) - 1}) === 0) chunks.push(new Int32Array(${Math.max(1, words) << CHUNK_LOG}));
  const chunk = chunks[id >>> ${CHUNK_LOG}], at = ${within("id")};
  ${each((i) => `chunk[at + ${i}] = batch[from + ${i}];`)}
  if (count >= grow) rehash();
  return id;
}
function rehash() {
  tableLog += ${GROWTH_LOG};
  table = null;
  table = new Uint32Array(2 ** tableLog);
  grow = Math.floor(2 ** tableLog * ${MAX_LOAD});
  const mask = (1 << tableLog) - 1;
  for (let id = 0; id < count; id++) {
    const chunk = chunks[id >>> ${CHUNK_LOG}], at = ${within("id")};
    ${hash((i) => `chunk[at + ${i}]`)}
    let slot = h & mask;
    while (table[slot] !== 0) slot = (slot + 1) & mask;
    table[slot] = ((h & ~mask) | (id + 1)) >>> 0;
  }
}
function load(id) {
  const chunk = chunks[id >>> ${CHUNK_LOG}], at = ${within("id")};
  ${each((i) => `S[${i}] = chunk[at + ${i}];`)}
}
function memory() { return chunks.length * ${Math.max(1, words) << CHUNK_LOG} * 4 + table.byteLength; }
`;
}
