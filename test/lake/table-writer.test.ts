import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { csvFormat } from '../../src/formats/csv.ts';
import { hiveLayout } from '../../src/lake/hive-layout.ts';
import type { LakeField, PartitionField } from '../../src/lake/table-state.ts';
import { type RejectedValues, TableWriter } from '../../src/lake/table-writer.ts';
import { batchOf } from '../../src/rows/batch.ts';
import { localStorage } from '../../src/storage/local.ts';
import { tempDir } from '../temp-dir.ts';

const base = tempDir();
let counter = 0;

const fields: LakeField[] = [
  { id: 1, name: 'id', type: { kind: 'int32' }, nullable: false, private: false, declared: 'int' },
  { id: 2, name: 'seen', type: { kind: 'date' }, nullable: true, private: false, declared: 'date' },
];
const byDay: PartitionField[] = [
  { id: 3, name: 'lms', type: { kind: 'text' }, from: 'base' },
  { id: 4, name: 'day', type: { kind: 'date' }, from: 'field' },
];

function writerOf(partitionFields: PartitionField[], rejected?: RejectedValues) {
  const root = join(base, String(counter++));
  const storage = localStorage(root);
  const layout = hiveLayout(storage);
  const target = {
    basePrefix: 'p',
    table: 't',
    format: 'csv' as const,
    fields,
    partitionFields,
    baseValues: partitionFields.length > 0 ? ['a.example'] : [],
    batchColumns: ['id', 'seen', ...(partitionFields.length > 0 ? ['day'] : [])],
  };
  const spillFolder = join(root, 'spill');
  const writer = new TableWriter(target, {
    storage,
    layout,
    format: csvFormat(),
    memory: 1 << 20,
    spillFolder,
    loadedAt: 'now',
    ...(rejected === undefined ? {} : { rejected }),
  });
  return { writer, storage };
}

describe('table writer', () => {
  it('writes one file of an unpartitioned table, also of one without rows', async () => {
    const { writer, storage } = writerOf([]);
    await writer.write(
      batchOf(2, [
        ['1', '2026-01-02'],
        ['2', '0000-00-00'],
      ]),
    );
    const staged = await writer.finish();
    expect(staged).toMatchObject({
      rows: 2,
      rejected: { seen: 1 },
      files: [{ path: 'p/t/t.csv', partition: [], rows: 2, loadedAt: 'now' }],
    });
    expect(await readFile(storage.locate(staged.staged[0]!.handle), 'utf8')).toBe(
      'id,seen\r\n1,2026-01-02\r\n2,\r\n',
    );
    const empty = writerOf([]);
    expect(await empty.writer.finish()).toMatchObject({ rows: 0, files: [{ rows: 0 }] });
  });

  it('writes a file per partition and counts dates in paths that no calendar has', async () => {
    const { writer } = writerOf(byDay);
    await writer.write(
      batchOf(3, [
        ['1', null, '2026-01-01'],
        ['2', '2026-00-01', '0000-00-00'],
        ['3', null, null],
        ['4', null, '0000-00-00'],
      ]),
    );
    const staged = await writer.finish();
    expect(staged.files.map((file) => [file.path, file.rows]).sort()).toEqual([
      ['p/t/lms=a.example/day=0000-00-00/t.csv', 2],
      ['p/t/lms=a.example/day=2026-01-01/t.csv', 1],
      ['p/t/lms=a.example/day=__HIVE_DEFAULT_PARTITION__/t.csv', 1],
    ]);
    expect(staged.rejected).toEqual({ seen: 1, day: 2 });
  });

  it.each([2, 1, 0])(
    'tells of the rows of dates that no calendar has, in files and in paths, %i columns',
    async (columns) => {
      const told: string[] = [];
      const rejected: RejectedValues = {
        get wanted() {
          return told.length < columns * 2;
        },
        add: (column, cell) =>
          told.push(
            [column, ...['id', 'seen', 'day', 'none'].map((name) => cell(name)?.toString())].join(' '),
          ),
      };
      const { writer } = writerOf(byDay, rejected);
      await writer.write(
        batchOf(3, [
          ['1', null, '2026-01-01'],
          ['2', '2026-00-01', '0000-00-00'],
          ['3', '2026-13-01', null],
          ['4', '2026-01-01', '0000-00-00'],
        ]),
      );
      expect((await writer.finish()).rejected).toEqual({ seen: 2, day: 2 });
      const all = [
        'seen 2 2026-00-01 0000-00-00 ',
        'day 2 2026-00-01 0000-00-00 ',
        'day 4 2026-01-01 0000-00-00 ',
        'seen 3 2026-13-01  ',
      ];
      if (columns === 2) expect(told.sort()).toEqual(all.sort());
      else expect(told).toHaveLength(columns * 2);
      for (const text of told) expect(all).toContain(text);
    },
  );

  it('a partitioned table without rows has no files', async () => {
    expect(await writerOf(byDay).writer.finish()).toMatchObject({ rows: 0, files: [], staged: [] });
  });

  it('leaves nothing behind when it is given up, before or after an error', async () => {
    for (const partitions of [[], byDay]) {
      const columns = partitions.length === 0 ? 2 : 3;
      const rows = [
        ['1', null, '2026-01-01'],
        ['x', null, '2026-01-02'],
      ].map((row) => row.slice(0, columns));
      const { writer, storage } = writerOf(partitions);
      await writer.write(batchOf(columns, rows.slice(0, 1)));
      await writer.abort();
      expect(await storage.list('')).toEqual([]);
      const broken = writerOf(partitions);
      const run = async () => {
        await broken.writer.write(batchOf(columns, rows));
        await broken.writer.finish();
      };
      await expect(run()).rejects.toMatchObject({
        code: 'bad-value',
        message: expect.stringMatching(/\bt\b.*id/),
      });
      await broken.writer.abort();
      expect(await broken.storage.list('')).toEqual([]);
    }
  });
});
