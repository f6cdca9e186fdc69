import { type BlockKey, blockName, type CourseStructure, type StructureBlock } from './structure.ts';

/** Where a block stands in its tree. */
export interface Placement {
  readonly block: StructureBlock;
  /** The block above; absent for the root and for blocks that no path from the root leads to. */
  readonly parent?: Placement;
  /** Steps from the root, and place in reading order, both from 0; absent where no path leads to the block. */
  readonly depth?: number;
  readonly order?: number;
}

/** Something in a structure that does not hold together. */
export interface TreeFault {
  readonly fault: 'missing-child' | 'cycle' | 'duplicate-block';
  /** The block at which it was found. */
  readonly at: BlockKey;
  /** The block that is missing, or that the path comes back to. */
  readonly other?: BlockKey;
}

export interface CourseTree {
  /** One for each block, in the order of the structure. */
  readonly placements: readonly Placement[];
  /** Those that a path from the root leads to, in reading order. */
  readonly reading: readonly Placement[];
  /** The blocks that have a block among their children, by {@link blockName} of the child; also those off the tree. */
  readonly parents: ReadonlyMap<string, readonly BlockKey[]>;
  readonly faults: readonly TreeFault[];
}

interface Node {
  readonly block: StructureBlock;
  parent?: Node;
  depth?: number;
  order?: number;
  state: 'new' | 'open' | 'done';
}

/**
 * Puts the blocks of a structure into their tree. A block with several parents stands under the one that comes last in
 * reading order. Needs no stack, so a tree may be of any depth, and each block is visited once.
 */
export function courseTree({ root, blocks }: CourseStructure): CourseTree {
  const faults: TreeFault[] = [];
  const nodes = new Map<string, Node>();
  for (const block of blocks) {
    const name = blockName(block);
    if (nodes.has(name)) faults.push({ fault: 'duplicate-block', at: block });
    else nodes.set(name, { block, state: 'new' });
  }
  const parents = new Map<string, BlockKey[]>();
  for (const { block } of nodes.values()) noteChildren(block, nodes, parents, faults);
  const top = nodes.get(blockName(root));
  if (top !== undefined) findParents(top, nodes, faults);
  const reading = top === undefined ? [] : readingOrder(top, nodes);
  return { placements: [...nodes.values()], reading, parents, faults };
}

function noteChildren(
  block: StructureBlock,
  nodes: ReadonlyMap<string, Node>,
  parents: Map<string, BlockKey[]>,
  faults: TreeFault[],
): void {
  for (const child of new Map(block.children.map((key) => [blockName(key), key])).values()) {
    const name = blockName(child);
    if (!nodes.has(name)) faults.push({ fault: 'missing-child', at: block, other: child });
    const list = parents.get(name);
    if (list === undefined) parents.set(name, [block]);
    else list.push(block);
  }
}

/*
 * Read from the end to the start, the last time that a block is met is the first: so the tree is walked with the
 * children of each block from the last to the first, and the way by which a block is met first gives its parent.
 */
function findParents(top: Node, nodes: ReadonlyMap<string, Node>, faults: TreeFault[]): void {
  const path: { node: Node; next: number }[] = [{ node: top, next: top.block.children.length - 1 }];
  top.state = 'open';
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const { node } = step;
    if (step.next < 0) {
      node.state = 'done';
      path.pop();
      continue;
    }
    const key = node.block.children[step.next--]!;
    const child = nodes.get(blockName(key));
    if (child === undefined) continue;
    if (child.state === 'open') faults.push({ fault: 'cycle', at: node.block, other: key });
    if (child.state !== 'new') continue;
    child.parent = node;
    child.state = 'open';
    path.push({ node: child, next: child.block.children.length - 1 });
  }
}

/** The blocks of the tree from the first to the last; notes their depth and order. */
function readingOrder(top: Node, nodes: ReadonlyMap<string, Node>): Node[] {
  const reading: Node[] = [];
  const waiting = [top];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    node.depth = node.parent === undefined ? 0 : node.parent.depth! + 1;
    node.order = reading.length;
    reading.push(node);
    // A child that is listed twice stands at its last place.
    const below = new Set<Node>();
    for (const key of node.block.children.toReversed()) {
      const child = nodes.get(blockName(key));
      if (child?.parent === node) below.add(child);
    }
    waiting.push(...below);
  }
  return reading;
}
