/**
 * Goal: the printed statements visit the nodes that the graph visits. Method: random graphs, reducible or not; each
 * branch is decided by a stream of bits, once in the printed code and once on the graph itself.
 */
import { describe, expect, it } from "vitest";
import { seededRandom } from "./random.js";
import { structure } from "./structure.js";

type Edges = readonly (readonly number[])[];
const MAX_VISITS = 60;

/** Node numbers in the order in which they are visited; a node without a way out ends it. */
function visitsOfGraph(edges: Edges, bits: () => number): number[] {
  const visits: number[] = [];
  for (let node = 0; visits.length < MAX_VISITS; ) {
    visits.push(node);
    const next = edges[node]!;
    if (next.length === 0) break;
    node = next.length === 1 ? next[0]! : next[bits()]!;
  }
  return visits;
}

function visitsOfCode(edges: Edges, bits: () => number): number[] {
  const text = structure(
    { entry: 0, successors: (node) => edges[node]! },
    {
      node: (id, branch) => {
        const visit = `visits.push(${id}); if (visits.length >= ${MAX_VISITS}) return visits;\n`;
        const next = edges[id]!;
        if (next.length === 0) return `${visit}return visits;\n`;
        if (next.length === 1) return visit + branch(next[0]!);
        return `${visit}if (bits() === 0) {\n${branch(next[0]!)}} else {\n${branch(next[1]!)}}\n`;
      },
    },
  );
  return new Function("bits", `const visits = [];\n${text}`)(bits) as number[];
}

function stream(seed: number): () => number {
  const random = seededRandom(seed);
  return () => random(2);
}

function agree(edges: Edges): void {
  for (let seed = 0; seed < 8; seed++) {
    expect(visitsOfCode(edges, stream(seed))).toEqual(visitsOfGraph(edges, stream(seed)));
  }
}

describe("structured code", () => {
  it.each([
    ["one node", [[]]],
    ["a chain", [[1], [2], []]],
    ["a diamond", [[1, 2], [3], [3], []]],
    ["a loop", [[1], [2, 3], [1], []]],
    ["a loop on itself", [[0, 1], []]],
    ["a loop in a loop", [[1], [2, 5], [3], [2, 4], [1], []]],
    ["two ways out of a loop", [[1], [2, 4], [1, 3], [], []]],
    ["a loop that is entered in two places", [[1, 2], [2, 3], [1, 3], []]],
  ])("follows %s", (_, edges) => {
    agree(edges);
  });

  it("follows random graphs", () => {
    const random = seededRandom(11);
    for (let round = 0; round < 400; round++) {
      const size = 2 + random(9);
      const edges = Array.from({ length: size }, (): number[] => {
        const ways = random(3);
        if (ways === 0) return [];
        const first = random(size);
        const second = random(size);
        return ways === 1 || first === second ? [first] : [first, second];
      });
      agree(edges);
    }
  });
});
