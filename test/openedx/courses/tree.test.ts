import fc from 'fast-check';
import { expect, it } from 'vitest';

import { blockName, countResponses, type CourseStructure } from '../../../src/openedx/courses/structure.ts';
import { courseTree } from '../../../src/openedx/courses/tree.ts';

/** A structure from what stands below each block; `0` is the root, and a type plays no part. */
const of = (children: readonly (readonly number[])[]): CourseStructure => ({
  root: { type: 'x', id: '0' },
  blocks: children.map((below, i) => ({
    type: 'x',
    id: String(i),
    unreadable: [],
    children: below.map((child) => ({ type: 'x', id: String(child) })),
  })),
});

/**
 * What panorama-elt in Python did: every way from the root is walked, and the last that comes to a block counts. A way
 * does not go through a block twice.
 */
function everyWay(children: readonly (readonly number[])[]): Map<number, number | undefined> {
  const parents = new Map<number, number | undefined>();
  const walk = (block: number, parent: number | undefined, way: readonly number[]): void => {
    parents.set(block, parent);
    for (const child of children[block] ?? [])
      if (child < children.length && !way.includes(child)) walk(child, block, [...way, child]);
  };
  walk(0, undefined, [0]);
  return parents;
}

const parentsOf = (structure: CourseStructure): [number, number | undefined][] =>
  courseTree(structure).reading.map(({ block, parent }) => [
    Number(block.id),
    parent === undefined ? undefined : Number(parent.block.id),
  ]);

it('a block with several parents stands where a walk along every way comes to it last', () => {
  // Children have higher numbers than their parents, so there is no cycle, for which there is no such rule.
  const structures = fc
    .integer({ min: 1, max: 8 })
    .chain((size) =>
      fc.tuple(
        ...Array.from({ length: size }, (_, i) =>
          fc.array(fc.integer({ min: i + 1, max: size }), { maxLength: 4 }),
        ),
      ),
    );
  fc.assert(
    fc.property(structures, (children) => {
      const expected = [...everyWay(children)].sort(([a], [b]) => a - b);
      expect(parentsOf(of(children)).sort(([a], [b]) => a - b)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

it('whatever the structure, each block that a way leads to is there once, after its parent', () => {
  const structures = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 5 }), {
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(
    fc.property(structures, (children) => {
      const { reading, faults } = courseTree(of(children));
      expect(reading.map(({ block }) => Number(block.id)).sort()).toEqual(
        [...everyWay(children).keys()].sort(),
      );
      reading.forEach(({ order, parent, depth }, place) => {
        expect(order).toBe(place);
        expect(depth).toBe(parent === undefined ? 0 : parent.depth! + 1);
        if (parent !== undefined) expect(parent.order).toBeLessThan(place);
      });
      // Children keep the order in which they are listed last.
      for (const above of reading) {
        const listed = above.block.children.map(blockName);
        const places = reading
          .filter(({ parent }) => parent === above)
          .map(({ block }) => listed.lastIndexOf(blockName(block)));
        expect(places).toEqual([...places].sort((a, b) => a - b));
      }
      const missing = children.flatMap((below) =>
        [...new Set(below)].filter((child) => child >= children.length),
      );
      expect(faults.filter(({ fault }) => fault === 'missing-child')).toHaveLength(missing.length);
    }),
    { numRuns: 500 },
  );
});

it.each([
  ['a block below itself', [[1], [1]], [['1', '1']]],
  ['the root below its grandchild', [[1], [2], [0]], [['2', '0']]],
  ['two that are below each other', [[1, 2], [2], [1]], [['1', '2']]],
  ['none that the root leads to', [[], [2], [1]], []],
])('cycles: %s', (_, children, expected) => {
  const { faults } = courseTree(of(children));
  expect(faults.map(({ fault }) => fault)).toEqual(expected.map(() => 'cycle'));
  expect(faults.map(({ at, other }) => [at.id, other!.id])).toEqual(expected);
});

it('all parents of a block, also those off the tree (D28)', () => {
  const { parents } = courseTree(of([[1, 1], [], [1], [2, 9]]));
  expect([...parents].map(([name, keys]) => [name.slice(2), keys.map(({ id }) => id)])).toEqual([
    ['1', ['0', '2']],
    ['2', ['3']],
    ['9', ['3']],
  ]);
});

it.each([
  ['', 0],
  ['<problem><p>response</p></problem>', 0],
  ['<multiplechoiceresponse type="MultipleChoice"/><choiceresponse>', 2],
  ['<stringresponse\nanswer="1"/> <STRINGRESPONSE/>', 1],
  [
    '<truefalseresponse><optionresponse><numericalresponse><customresponse><symbolicresponse><coderesponse>',
    6,
  ],
  [
    '<externalresponse><formularesponse><schematicresponse><imageresponse><annotationresponse><choicetextresponse>',
    6,
  ],
  ['<otherresponse/> < stringresponse/> </stringresponse>', 0],
  ['<stringresponse/><!-- <stringresponse/> --><stringresponse/><!-- <stringresponse/>', 2],
])('%j has %i questions', (data, count) => {
  expect(countResponses(data)).toBe(count);
});
