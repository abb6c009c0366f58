/**
 * The set of states: exact, append-only, in order of discovery, so that it is the queue of a breadth-first search too.
 *
 * States lie in chunks of whole states, `words` 32-bit words each. A hash table with linear probing holds 32-bit
 * entries: the state's number plus 1 in the low bits, and as many bits of its hash as are left in the high ones, so that
 * nearly every miss is decided without touching the state. An entry whose tag agrees is compared word by word: there
 * is no hash compaction. This is generated text, specialised to the number of words.
 */

/** States in a chunk. */
const CHUNK_LOG = 15;
/** The table grows when it is this full. */
const MAX_LOAD = 0.8;

/** Statements that define `S`, `N`, `count`, `insert()`, `load(i)`, `memory()`. */
export function storeText(words: number): string {
  const each = (f: (i: number) => string) => Array.from({ length: words }, (_, i) => f(i)).join(" ");
  return `
const S = new Int32Array(${words}), N = new Int32Array(${words});
const chunks = [];
let count = 0, tableLog = 14, table = new Uint32Array(1 << 14), grow = ((1 << 14) * ${MAX_LOAD}) | 0;
let target = -1, hit = -1;
function hashN() {
  let h = 0;
  ${each((i) => `h = Math.imul(h ^ N[${i}], ${0x9e3779b1 | 0}); h ^= h >>> 15;`)}
  h = Math.imul(h, ${0x85ebca6b | 0}); h ^= h >>> 13; h = Math.imul(h, ${0xc2b2ae35 | 0});
  return (h ^ (h >>> 16)) >>> 0;
}
/** Looks N up, adds it if it is new; returns its number. */
function insert() {
  const h = hashN();
  const mask = (1 << tableLog) - 1, idMask = mask;
  const tag = (h & ~mask) >>> 0;
  let slot = h & mask;
  for (let e = table[slot]; e !== 0; e = table[slot]) {
    if (((e ^ tag) & ~mask) === 0) {
      const id = (e & idMask) - 1;
      const chunk = chunks[id >>> ${CHUNK_LOG}], at = (id & ${(1 << CHUNK_LOG) - 1}) * ${words};
      if (${Array.from({ length: words }, (_, i) => `chunk[at + ${i}] === N[${i}]`).join(" && ") || "true"}) return id;
    }
    slot = (slot + 1) & mask;
  }
  const id = count++;
  table[slot] = (tag | (id + 1)) >>> 0;
  if ((id & ${(1 << CHUNK_LOG) - 1}) === 0) chunks.push(new Int32Array(${Math.max(1, words) << CHUNK_LOG}));
  const chunk = chunks[id >>> ${CHUNK_LOG}], at = (id & ${(1 << CHUNK_LOG) - 1}) * ${words};
  ${each((i) => `chunk[at + ${i}] = N[${i}];`)}
  if (count >= grow) rehash();
  return id;
}
function rehash() {
  tableLog++;
  table = null;
  table = new Uint32Array(2 ** tableLog);
  grow = (2 ** tableLog * ${MAX_LOAD}) | 0;
  const mask = (1 << tableLog) - 1;
  ${each((i) => `const n${i} = N[${i}];`)}
  for (let id = 0; id < count; id++) {
    const chunk = chunks[id >>> ${CHUNK_LOG}], at = (id & ${(1 << CHUNK_LOG) - 1}) * ${words};
    ${each((i) => `N[${i}] = chunk[at + ${i}];`)}
    const h = hashN();
    let slot = h & mask;
    while (table[slot] !== 0) slot = (slot + 1) & mask;
    table[slot] = ((h & ~mask) | (id + 1)) >>> 0;
  }
  ${each((i) => `N[${i}] = n${i};`)}
}
function load(id) {
  const chunk = chunks[id >>> ${CHUNK_LOG}], at = (id & ${(1 << CHUNK_LOG) - 1}) * ${words};
  ${each((i) => `S[${i}] = chunk[at + ${i}];`)}
}
function memory() { return chunks.length * ${Math.max(1, words) << CHUNK_LOG} * 4 + table.byteLength; }
`;
}
