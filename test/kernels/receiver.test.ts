import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { memory } from '../../src/kernels/kernels.ts';
import { type Batch, BATCH_BYTES, BATCH_ROWS, batchRows, cellBytes } from '../../src/rows/batch.ts';
import { type Received, Receiver } from '../../src/sources/mysql/receiver.ts';
import type { Cell } from './cells.ts';
import { expectNoLeak, liveBytes } from './heap.ts';
import {
  encodedLength,
  END_OF_ROWS,
  ERROR,
  LARGEST,
  OK_FOR_END,
  packets,
  rowPackets,
  rowPayload,
} from './packets.ts';

type Row = (Buffer | null)[];

/** The rows of a batch, which is released; its cells are copied. */
function rowsOf(batch: Batch): Row[] {
  const rows = Array.from({ length: batch.rows }, (_, row) =>
    batch.columns.map((column) => {
      const bytes = cellBytes(column, row);
      return bytes && Buffer.from(bytes);
    }),
  );
  batch.columns.forEach(({ nulls }, i) => expect(nulls).toBe(rows.filter((row) => row[i] === null).length));
  batch.release();
  return rows;
}

const same = (a: Cell, b: Cell): boolean =>
  a === null || b === null ? a === b : Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;

/** As toEqual, which takes long for large cells. */
function expectRows(found: readonly Row[], expected: readonly (readonly Cell[])[]): void {
  expect(found.length).toBe(expected.length);
  const wrong = found.findIndex((row, i) => !row.every((cell, j) => same(cell, expected[i]![j]!)));
  expect(wrong, 'the first wrong row').toBe(-1);
}

/** Gives bytes to a receiver: as chunks, or put where it wants them. */
type Way = (receiver: Receiver, chunk: Buffer) => Received;
const ways: Record<'push' | 'space', Way> = {
  push: (receiver, chunk) => receiver.push(chunk),
  space: (receiver, chunk) => {
    for (let from = 0; from < chunk.length;) {
      const space = receiver.space();
      expect(space.length).toBeGreaterThan(0);
      const size = Math.min(space.length, chunk.length - from);
      space.set(chunk.subarray(from, from + size));
      const outcome = receiver.received(size);
      from += size;
      // What would have come later stays in the socket.
      if (outcome !== 'rows') return from === chunk.length ? outcome : expect.unreachable();
    }
    return 'rows';
  },
};

interface Outcome {
  readonly rows: Row[];
  readonly outcome: Received;
  readonly rest: Buffer;
}

/** Receives chunks until one ends the rows. */
function receive(columns: number, chunks: readonly Buffer[], way: Way = ways.push): Outcome {
  const rows: Row[] = [];
  const receiver = new Receiver(columns, (batch) => {
    rows.push(...rowsOf(batch));
  });
  let outcome: Received = 'rows';
  for (const chunk of chunks) {
    outcome = way(receiver, chunk);
    if (outcome !== 'rows') break;
  }
  const rest = receiver.rest();
  // Rows before one that cannot be read are given up with it.
  if (outcome !== 'malformed') receiver.flush();
  expect(receiver.rest().equals(rest)).toBe(true);
  receiver.close();
  return { rows, outcome, rest };
}

/** Cuts bytes at some places. */
function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at, bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

function everyOf(bytes: Buffer, size: number): Buffer[] {
  return cut(
    bytes,
    Array.from({ length: Math.ceil(bytes.length / size) - 1 }, (_, i) => (i + 1) * size),
  );
}

const cell = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 20 }),
  fc.constantFrom(250, 251, 252, 255, 300, 70_000).map((size) => Buffer.alloc(size, size)),
);
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((columns) =>
    fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 20 }),
  );

describe('rows of the text protocol', () => {
  it.each(Object.entries(ways))('are the same however they are cut, by %s', async (_, way) => {
    const sizes = fc.infiniteStream(
      fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 50_000 })),
    );
    const end = fc.constantFrom(END_OF_ROWS, ERROR);
    await expectNoLeak(() =>
      fc.assert(
        fc.property(table, end, sizes, fc.nat(20), (rows, end, sizes, more) => {
          const stream = Buffer.concat([rowPackets(rows), end]);
          const chunks: Buffer[] = [];
          for (let at = 0; at < stream.length;) {
            const size = sizes.next().value!;
            chunks.push(stream.subarray(at, at + size));
            at += size;
          }
          // What the last chunk brings behind the end belongs to whoever reads on.
          const last = Buffer.concat([chunks.pop()!, Buffer.alloc(more, 7)]);
          const found = receive(rows[0]!.length, [...chunks, last], way);
          expectRows(found.rows, rows);
          expect(found.outcome).toBe('other');
          // An end packet is known as such when all of it is there.
          expect(found.rest.equals(Buffer.concat([end, Buffer.alloc(more, 7)]))).toBe(true);
        }),
        { numRuns: 80 },
      ),
    );
  });

  it('are the same cut at each byte, and at each two', () => {
    const rows: Cell[][] = [
      ['a', null, ''],
      [null, null, null],
      ['', 'x'.repeat(260), 'b'],
    ];
    const stream = Buffer.concat([rowPackets(rows), END_OF_ROWS]);
    for (let at = 0; at <= stream.length; at++) {
      const found = receive(3, cut(stream, [at]));
      expectRows(found.rows, rows);
      expect(found.rest.equals(END_OF_ROWS)).toBe(true);
    }
    for (let at = 1; at < 40; at++)
      for (let next = at; next < 40; next++)
        expectRows(receive(3, cut(stream, [at, next]), ways.space).rows, rows);
    for (const size of [1, 2, 3]) expectRows(receive(3, everyOf(stream, size)).rows, rows);
  });

  it('are followed by what their last chunk holds more, however much', () => {
    const rows = rowPackets([['a'], ['b']]);
    for (const before of [1, 20_000, 170_000]) {
      for (const behind of [0, 1000, BATCH_BYTES, 3 * BATCH_BYTES]) {
        const more = Buffer.concat([END_OF_ROWS, Buffer.alloc(behind, 3)]);
        const found = receive(1, [Buffer.concat([...Array<Buffer>(before).fill(rows), more])]);
        expect([found.outcome, found.rows.length]).toEqual(['other', 2 * before]);
        expect(found.rest.equals(more)).toBe(true);
      }
    }
  });

  it('stay behind where no end has come', () => {
    const stream = rowPackets([['a'], ['bc'], ['def']]);
    for (let at = 0; at < stream.length; at++) {
      const whole = at < 6 ? 0 : at < 13 ? 1 : 2;
      const found = receive(1, [stream.subarray(0, at)]);
      expect([found.outcome, found.rows.length]).toEqual(['rows', whole]);
      expect(found.rest.equals(stream.subarray([0, 6, 13][whole]!, at))).toBe(true);
    }
  });

  it.each([
    250,
    251,
    252,
    253,
    254,
    255,
    256,
    65_535,
    65_536,
    65_537,
    BATCH_BYTES - 20,
    BATCH_BYTES,
    5_000_000,
  ])('have cells of %i bytes', (size) => {
    const rows: Cell[][] = [
      [Buffer.alloc(size, 1), 'b'],
      ['c', Buffer.alloc(size, 2)],
      [null, null],
      [Buffer.alloc(size, 3), Buffer.alloc(size, 4)],
    ];
    const stream = Buffer.concat([rowPackets(rows), END_OF_ROWS]);
    for (const chunks of [[stream], everyOf(stream, 65_536), everyOf(stream, 1_000_003)]) {
      const found = receive(2, chunks);
      expect(found.rows.every((row, i) => row.every((cell, j) => same(cell, rows[i]![j]!)))).toBe(true);
      expect(found.rows.length).toBe(4);
    }
  });

  it('may have lengths in more bytes than they need, but for the first cell', () => {
    const payload = Buffer.concat([
      encodedLength(1, 2),
      Buffer.from('a'),
      encodedLength(2, 8),
      Buffer.from('bc'),
      encodedLength(0, 3),
    ]);
    expectRows(receive(3, [packets(payload)]).rows, [['a', 'bc', '']]);
  });
});

describe('rows of several packets', () => {
  /** The size of the only cell of a row whose payload has so many bytes. */
  const cellSize = (payload: number) => payload - (payload - 4 <= LARGEST ? 4 : 9);

  it.each([
    ['just below one packet', LARGEST - 1],
    ['one full packet and an empty one', LARGEST],
    ['one byte more', LARGEST + 1],
    ['a first cell of 16 MB, which begins as an end packet does', LARGEST + 10],
    ['two full packets and an empty one', 2 * LARGEST],
    ['two full packets and one byte', 2 * LARGEST + 1],
  ])('%s', async (_, size) => {
    const large = Buffer.alloc(cellSize(size));
    for (let i = 0; i < large.length; i += 4093) large[i] = i & 255;
    large.fill(0xee, LARGEST - 40, Math.min(large.length, LARGEST + 40));
    const payload = rowPayload([large]);
    expect(payload.length).toBe(size);
    const before = rowPackets([['before']]);
    const stream = Buffer.concat([
      before,
      packets(payload, 254),
      rowPackets([['after'], [null]]),
      END_OF_ROWS,
    ]);
    const second = before.length + 4 + LARGEST;
    const ways = [
      [],
      [before.length, before.length + 1, before.length + 3, before.length + 4],
      [second - 1, second, second + 1, second + 2, second + 3, second + 4, second + 5],
      [second + 2, second + 4 + LARGEST + 1],
      Array.from({ length: Math.floor(stream.length / 3_000_017) }, (_, i) => (i + 1) * 3_000_017),
    ];
    await expectNoLeak(() => {
      for (const places of ways) {
        const found = receive(
          1,
          cut(
            stream,
            places.map((at) => Math.min(at, stream.length)),
          ),
        );
        expectRows(found.rows, [['before'], [large], ['after'], [null]]);
        expect(found.outcome).toBe('other');
        expect(found.rest.equals(END_OF_ROWS)).toBe(true);
      }
    });
  });

  it('have their cells anywhere, over the end of a packet too', () => {
    const rows: Cell[][] = [
      ['a', Buffer.alloc(LARGEST - 8, 1), Buffer.alloc(300, 2), 'z', null],
      [Buffer.alloc(1000, 3), null, Buffer.alloc(LARGEST + 5, 4), Buffer.alloc(LARGEST, 5), ''],
      ['b', null, '', 'c', 'd'],
    ];
    const stream = Buffer.concat([rowPackets(rows), ERROR]);
    const found = receive(5, everyOf(stream, 7_000_003), ways.space);
    expectRows(found.rows, rows);
    expect(found.rest.equals(ERROR)).toBe(true);
  });

  it('are malformed where the cells do not fill them', () => {
    const payload = Buffer.concat([rowPayload([Buffer.alloc(LARGEST, 1)]), Buffer.from('x')]);
    expect(receive(1, [packets(payload)]).outcome).toBe('malformed');
    expect(receive(2, [packets(payload.subarray(0, -1))]).outcome).toBe('malformed');
  });
});

describe('packets that are no rows', () => {
  const good = rowPackets([['a', 'b']]);
  const bytes = (...values: number[]) => Buffer.from(values);

  it.each([
    ['the end', END_OF_ROWS],
    ['an error', ERROR],
    ['an error of one byte', packets(bytes(0xff))],
  ])('%s is left to the driver', (_, other) => {
    const stream = Buffer.concat([good, other, good]);
    const found = receive(2, [stream]);
    expect([found.outcome, found.rows.length]).toEqual(['other', 1]);
    expect(found.rest.equals(Buffer.concat([other, good]))).toBe(true);
    expect(receive(2, [other]).rows).toEqual([]);
  });

  it.each([
    ['nothing', bytes()],
    ['an end of one byte', bytes(0xfe)],
    ['the end of a protocol that was not agreed on', OK_FOR_END.subarray(4)],
    ['too few cells', bytes(1, 0x61)],
    ['too few cells, the last one NULL', bytes(0xfb)],
    ['bytes behind the last cell', bytes(1, 0x61, 1, 0x62, 0)],
    ['a NULL behind the last cell', bytes(0xfb, 0xfb, 0xfb)],
    ['a first cell longer than the packet', bytes(5, 0x61)],
    ['a last cell longer than the packet', bytes(1, 0x61, 2, 0x62)],
    ['a length of two bytes without them', bytes(0, 0xfc)],
    ['a length of two bytes with one', bytes(0, 0xfc, 0)],
    ['a length of two bytes and no cell', bytes(0, 0xfc, 1, 0)],
    ['a length of three bytes without them', bytes(0, 0xfd)],
    ['a length of three bytes with two', bytes(0, 0xfd, 0, 0)],
    ['a length of three bytes and no cell', bytes(0, 0xfd, 1, 0, 0)],
    ['a length of eight bytes without them', bytes(0, 0xfe)],
    ['a length of eight bytes with seven', bytes(0, 0xfe, 0, 0, 0, 0, 0, 0, 0)],
    ['a length of eight bytes and no cell', bytes(0, 0xfe, 1, 0, 0, 0, 0, 0, 0, 0)],
    ['a length of 4 GB', bytes(0, 0xfe, 0, 0, 0, 0, 1, 0, 0, 0)],
    ['a length just below 4 GB', bytes(0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)],
    ['the largest length', bytes(0, 0xfe, ...Array<number>(8).fill(0xff))],
    ['a second cell that begins with 255', bytes(0, 0xff, 0)],
  ])('%s is malformed', async (_, payload) => {
    await expectNoLeak(() => {
      // What lies behind may look like what is missing.
      for (const behind of [Buffer.alloc(0), good, Buffer.alloc(40), Buffer.alloc(40, 0xfb)]) {
        const packet = packets(payload);
        const stream = Buffer.concat([good, packet, behind]);
        const found = receive(2, [stream]);
        expect([found.outcome, found.rows.length]).toEqual(['malformed', 0]);
        expect(found.rest.equals(Buffer.concat([packet, behind]))).toBe(true);
        expect(receive(2, cut(stream, [good.length + packet.length])).outcome).toBe('malformed');
      }
    });
  });

  it('random payloads are rows, or are not, as a plain reader finds', () => {
    const read = (payload: Buffer): Row[] | Received => {
      const first = payload[0];
      const end = first === 0xfe && payload.length >= 5 && payload.length < 9;
      if (first === 0xff || end) return 'other';
      const row: Row = [];
      let at = 0;
      while (row.length < 2) {
        const byte = payload[at++];
        if (byte === undefined || byte === 0xff) return 'malformed';
        if (byte === 0xfb) {
          row.push(null);
          continue;
        }
        const size = { 0xfc: 2, 0xfd: 3, 0xfe: 8 }[byte] ?? 0;
        let length = size === 0 ? byte : 0;
        for (let i = 0; i < size; i++) length += (payload[at + i] ?? Infinity) * 256 ** i;
        at += size;
        if (!(at + length <= payload.length)) return 'malformed';
        row.push(payload.subarray(at, at + length));
        at += length;
      }
      return at === payload.length ? [row] : 'malformed';
    };
    const byte = fc.oneof(fc.constantFrom(0, 1, 2, 3, 0xfb, 0xfc, 0xfd, 0xfe, 0xff), fc.nat(5));
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 14 }), (values) => {
        const payload = Buffer.from(values);
        const expected = read(payload);
        const found = receive(2, [packets(payload)]);
        seen.add(found.outcome);
        if (typeof expected === 'string') expect([found.outcome, found.rows]).toEqual([expected, []]);
        else expect([found.outcome, found.rows]).toEqual(['rows', expected]);
      }),
      { numRuns: 2000 },
    );
    expect([...seen].toSorted()).toEqual(['malformed', 'other', 'rows']);
  });
});

describe('the batches of a receiver', () => {
  it.each([
    [1, 2 * BATCH_ROWS + 5],
    [3000, 1000],
    [40_000, 70],
  ])('of %i columns have bounded rows', (columns, count) => {
    const row = rowPackets([Array<string>(columns).fill('')]);
    const stream = Buffer.concat([...Array<Buffer>(count).fill(row), END_OF_ROWS]);
    const batches: number[] = [];
    const receiver = new Receiver(columns, (batch) => {
      batches.push(batch.rows);
      expect(batch.columns.length).toBe(columns);
      batch.release();
    });
    for (const chunk of everyOf(stream, 300_000)) receiver.push(chunk);
    receiver.flush();
    receiver.flush();
    receiver.close();
    expect(batches.reduce((sum, rows) => sum + rows, 0)).toBe(count);
    expect(Math.max(...batches)).toBeLessThanOrEqual(batchRows(columns));
    if (columns === 1) expect(batches).toEqual([BATCH_ROWS, BATCH_ROWS, 5]);
  });

  it('have bounded bytes, but for a row that is larger', () => {
    const rows = Array.from({ length: 300 }, (_, i) => [Buffer.alloc(i === 150 ? 3 << 20 : 50_000, i)]);
    const stream = Buffer.concat([rowPackets(rows), END_OF_ROWS]);
    const bytes: number[] = [];
    const receiver = new Receiver(1, (batch) => {
      bytes.push(batch.columns[0]!.lengths.reduce((sum, length) => sum + length, 0));
      batch.release();
    });
    for (const chunk of everyOf(stream, 65_536)) receiver.push(chunk);
    receiver.flush();
    receiver.close();
    expect(bytes.filter((size) => size > BATCH_BYTES).length).toBe(1);
    expect(Math.max(...bytes)).toBeLessThan((3 << 20) + BATCH_BYTES);
    expect(bytes.filter((size) => size < BATCH_BYTES / 2).length).toBeLessThanOrEqual(2);
  });

  it('stay as they are while others come and go', async () => {
    await expectNoLeak(() => {
      const held: { batch: Batch; first: number }[] = [];
      let rows = 0;
      const receiver = new Receiver(2, (batch) => {
        held.push({ batch, first: rows });
        rows += batch.rows;
        if (held.length > 6) held.splice(2, 1)[0]!.batch.release();
      });
      const row = (i: number): Cell[] => [`row ${i}`, i % 5 === 0 ? null : 'x'.repeat((i * 31) % 700)];
      for (let i = 0; i < 40_000; i += 100)
        receiver.push(rowPackets(Array.from({ length: 100 }, (_, j) => row(i + j))));
      receiver.flush();
      receiver.close();
      expect(rows).toBe(40_000);
      expect(held.length).toBeGreaterThan(4);
      for (const { batch, first } of held)
        expect(
          rowsOf(batch).every((cells, i) => cells.every((cell, j) => same(cell, row(first + i)[j]!))),
        ).toBe(true);
    });
  });

  it('take no more memory the longer the rows come', () => {
    const chunk = rowPackets(Array.from({ length: 500 }, (_, i) => [String(i), 'x'.repeat(100)]));
    const before = liveBytes();
    const receiver = new Receiver(2, (batch) => batch.release());
    let size = 0;
    let live = 0;
    for (let i = 0; i < 1000; i++) {
      receiver.push(chunk);
      if (i === 200) size = memory.buffer.byteLength;
      live = Math.max(live, liveBytes() - before);
    }
    expect(memory.buffer.byteLength).toBe(size);
    expect(live).toBeLessThan(3 * BATCH_BYTES);
    receiver.close();
    expect(liveBytes()).toBe(before);
  });
});
