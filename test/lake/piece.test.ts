import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { pieceSize, readPiece, writePiece } from '../../src/lake/piece.ts';
import { batchOf, cellBytes, isValid } from '../../src/rows/batch.ts';

const cell = fc.oneof(
  fc.constant(null),
  fc.constant(''),
  fc.string({ maxLength: 100 }),
  fc.string({ minLength: 31, maxLength: 34 }),
);
const batch = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 40 });

describe('piece', () => {
  it('gives back the picked rows of several batches, columns in the order asked for', () => {
    fc.assert(
      fc.property(
        fc.array(batch, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        (all, numbers) => {
          const places = all.flatMap((rows, b) => rows.map((_, row) => [b, row] as const));
          const chosen = places.filter(() => numbers.next().value! % 3 > 0);
          const picks = {
            batches: all.map((rows) => batchOf(3, rows)),
            batchOf: Uint32Array.from(chosen, ([b]) => b),
            rowOf: Uint32Array.from(chosen, ([, row]) => row),
          };
          const columns = [2, 0];
          const size = pieceSize(picks, 0, chosen.length, columns);
          expect(size % 4).toBe(0);
          const bytes = Buffer.alloc(size + 8, 0xff);
          writePiece(bytes, 8, picks, 0, chosen.length, columns);
          const { batch: read, end } = readPiece(bytes, 8, columns.length);
          expect(end).toBe(bytes.length);
          expect(read.rows).toBe(chosen.length);
          columns.forEach((from, to) => {
            const column = read.columns[to]!;
            const expected = chosen.map(([b, row]) => all[b]![row]![from]!);
            const found = chosen.map((_, row) => {
              expect(isValid(column, row)).toBe(expected[row] !== null);
              const cell = cellBytes(column, row);
              return cell === null ? null : Buffer.from(cell).toString();
            });
            expect(found).toEqual(expected);
            expect(column.nulls).toBe(expected.filter((text) => text === null).length);
          });
        },
      ),
    );
  });
});
