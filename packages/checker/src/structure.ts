/**
 * Turns a control-flow graph into nested blocks and loops, after Ramsey, "Beyond Relooper" (ICFP 2022): the dominator
 * tree gives the nesting, a node with several forward ways in becomes the end of a labelled block, a loop header a
 * labelled loop. JavaScript has both, so no dispatch variable is needed; a graph that is not reducible gets one.
 */

export interface Graph {
  readonly entry: number;
  /** Successors inside the graph; edges that leave it are the printer's business. */
  successors(node: number): readonly number[];
}

export interface Printer {
  /** Prints a node's own code and its way out, in which it asks `branch` for the code of each inner edge. */
  node(id: number, branch: (to: number) => string): string;
}

/** The text of statements that execute the graph from its entry. Every path through `node` must end in a jump. */
export function structure(graph: Graph, printer: Printer): string {
  const order = reversePostorder(graph);
  const position = new Map(order.map((node, index) => [node, index]));
  const predecessors = new Map<number, number[]>(order.map((node) => [node, []]));
  for (const node of order) for (const next of graph.successors(node)) predecessors.get(next)!.push(node);
  const dominator = dominators(graph.entry, order, position, predecessors);
  const dominates = (a: number, b: number): boolean => {
    for (let node = b; ; node = dominator.get(node)!) {
      if (node === a) return true;
      if (node === graph.entry) return false;
    }
  };
  const isBack = (from: number, to: number) => position.get(to)! <= position.get(from)!;
  const reducible = order.every((node) =>
    graph.successors(node).every((next) => !isBack(node, next) || dominates(next, node)),
  );
  if (!reducible) return dispatch(order, graph, printer);

  const isMerge = (node: number) => predecessors.get(node)!.filter((from) => !isBack(from, node)).length > 1;
  const isHeader = (node: number) => predecessors.get(node)!.some((from) => isBack(from, node));
  const children = new Map<number, number[]>(order.map((node) => [node, []]));
  for (const node of order) if (node !== graph.entry) children.get(dominator.get(node)!)!.push(node);

  const tree = (node: number): string => {
    const merges = children.get(node)!.filter(isMerge);
    const body = within(node, merges);
    return isHeader(node) ? `C${node}: for (;;) {\n${body}}\n` : body;
  };
  /** `merges` in reverse postorder: the last one is the outermost block's end. */
  const within = (node: number, merges: readonly number[]): string => {
    if (merges.length === 0) return printer.node(node, (to) => branch(node, to));
    const last = merges[merges.length - 1]!;
    return `L${last}: {\n${within(node, merges.slice(0, -1))}}\n${tree(last)}`;
  };
  const branch = (from: number, to: number): string => {
    if (isBack(from, to)) return `continue C${to};\n`;
    return isMerge(to) ? `break L${to};\n` : tree(to);
  };
  return tree(graph.entry);
}

function dispatch(order: readonly number[], graph: Graph, printer: Printer): string {
  const cases = order.map((node) => `case ${node}: {\n${printer.node(node, (to) => `at = ${to}; continue D;\n`)}}\n`);
  return `let at = ${graph.entry};\nD: for (;;) switch (at) {\n${cases.join("")}}\n`;
}

function reversePostorder(graph: Graph): number[] {
  const order: number[] = [];
  const seen = new Set<number>();
  const visit = (node: number) => {
    seen.add(node);
    for (const next of graph.successors(node)) if (!seen.has(next)) visit(next);
    order.push(node);
  };
  visit(graph.entry);
  return order.reverse();
}

/** Immediate dominators, after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001). */
function dominators(
  entry: number,
  order: readonly number[],
  position: ReadonlyMap<number, number>,
  predecessors: ReadonlyMap<number, readonly number[]>,
): Map<number, number> {
  const dominator = new Map<number, number>([[entry, entry]]);
  const meet = (a: number, b: number): number => {
    let x = a;
    let y = b;
    while (x !== y) {
      while (position.get(x)! > position.get(y)!) x = dominator.get(x)!;
      while (position.get(y)! > position.get(x)!) y = dominator.get(y)!;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of order) {
      if (node === entry) continue;
      const known = predecessors.get(node)!.filter((from) => dominator.has(from));
      const next = known.reduce(meet);
      if (dominator.get(node) !== next) {
        dominator.set(node, next);
        changed = true;
      }
    }
  }
  return dominator;
}
