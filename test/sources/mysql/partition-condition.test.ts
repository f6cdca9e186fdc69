import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Field } from '../../../src/rows/field.ts';
import { execute } from '../../../src/sources/mysql/connection.ts';
import { partitionConditions } from '../../../src/sources/mysql/partition-condition.ts';
import type { PartitionValues } from '../../../src/sources/source.ts';
import { collectRows } from '../../contracts/source.ts';
import { fieldsOf, LmsDatabase, SERVERS } from './both-servers.ts';

type Value = string | Buffer | null;

const NASTY: Value[] = [
  "O'Brien",
  "x' or '1'='1",
  'a\\',
  'abc',
  'Abc',
  'ábc',
  'abc ',
  'a',
  'a ',
  'A',
  '',
  '😀',
  '😁',
  'NULL',
  '%',
  '"',
  '`',
  '\0',
  'a\0',
  'a\n',
  'ss',
  'ß',
  'course-v1:a+b+c',
  '/../',
  'ı',
  'x'.repeat(191),
  null,
];
const LONG = 'x'.repeat(3000);

/** A type of the partition column, how its index looks, and values that it can tell apart. NOPAD is a collation. */
const COLUMNS: readonly (readonly [type: string, index: string, values: Value[]])[] = [
  ['VARCHAR(191) COLLATE utf8mb4_general_ci', 'k', NASTY],
  ['VARCHAR(191) COLLATE utf8mb4_bin', 'k', NASTY],
  ['VARCHAR(191) COLLATE NOPAD', 'k', NASTY],
  ['VARCHAR(191) COLLATE utf8mb4_general_ci', 'k(2)', NASTY],
  ['CHAR(20) COLLATE utf8mb4_general_ci', 'k', ['a', 'A', 'ä', ' a', '', "'", '😀', '😁', null]],
  ['CHAR(20) COLLATE NOPAD', 'k', ['a', 'A', 'ä', ' a', '', "'", '😀', '😁', null]],
  ['VARCHAR(50) CHARACTER SET latin1', 'k', ['ü', 'Ü', 'u', '€', '\u0081', 'ÿ', 'a', 'a ', "'", '', null]],
  ['VARCHAR(50) CHARACTER SET utf8mb3', 'k', ['日', 'ü', 'Ü', 'u', 'a', 'a ', '', null]],
  ['VARCHAR(50) CHARACTER SET utf16', 'k', ['😀', '😁', 'ü', 'u', 'A', 'a', 'a ', '', null]],
  ['VARCHAR(50) CHARACTER SET cp1251', 'k', ['ж', 'Ж', 'a', 'a ', '', null]],
  ['TEXT COLLATE utf8mb4_general_ci', 'k(10)', [`${LONG}a`, `${LONG}b`, `${LONG}A`, 'a', 'a ', '', null]],
  ['VARBINARY(50)', 'k', [Buffer.from('a'), Buffer.from('a\0'), Buffer.from([0xc3, 0x28, 0xff]), '', null]],
  ['BINARY(3)', 'k', [Buffer.from('a\0\0'), Buffer.from('a \0'), null]],
  ['INT', 'k', ['-2147483648', '-1', '0', '7', '70', null]],
  ['BIGINT UNSIGNED', 'k', ['0', '9007199254740993', '9223372036854775808', '18446744073709551615', null]],
  ['INT(6) ZEROFILL', 'k', ['000000', '000007', '000070', null]],
  ['TINYINT(1)', 'k', ['0', '1', '2', null]],
  ['DECIMAL(10,2)', 'k', ['0.50', '-1.00', '10.00', '0.00', null]],
  ['FLOAT', 'k', ['16777216', '0.10000000149011612', '-0.5', '0', null]],
  ['DOUBLE', 'k', ['0.1', '0.30000000000000004', '0.3', '1e300', null]],
  ['DATE', 'k', ['2024-02-29', '2024-03-01', '0000-00-00', '9999-12-31', null]],
  ['DATETIME(6)', 'k', ['2024-03-31 02:30:00.000000', '2024-03-31 02:30:00.000001', null]],
  ['DATETIME', 'k', ['2024-10-27 01:30:00', '0000-00-00 00:00:00', '1000-01-01 00:00:00', null]],
  ['TIMESTAMP(3) NULL', 'k', ['2024-10-27 00:30:00.000', '2024-10-27 01:30:00.500', null]],
  ['TIME(3)', 'k', ['-838:00:00.000', '00:00:00.000', '25:00:00.001', null]],
  ['YEAR', 'k', ['0000', '1970', '2000', '2069', null]],
  ['BIT(10)', 'k', ['0', '39', '1023', null]],
  ["ENUM('a','b','ü') CHARACTER SET latin1", 'k', ['a', 'b', 'ü', null]],
  ["SET('x','ü')", 'k', ['', 'x', 'ü', 'x,ü', null]],
];

const asBytes = (value: Value): Buffer | null =>
  typeof value === 'string' ? Buffer.from(value) : value === null ? null : value;
const hex = (values: PartitionValues): string =>
  values.map((value) => value?.toString('hex') ?? 'NULL').join();
const sorted = (values: readonly PartitionValues[]): string[] => values.map(hex).sort();

describe.each(SERVERS)('reading some partitions: $kind', (kind) => {
  let lms: LmsDatabase;

  beforeAll(async () => {
    lms = await LmsDatabase.start(kind);
  });
  afterAll(() => lms?.stop());

  it.each(COLUMNS)(
    'every value of %s with the index %s is a partition of its own',
    async (type, index, values) => {
      await lms.run('DROP TABLE IF EXISTS parts');
      await lms.run(
        `CREATE TABLE parts (id INT PRIMARY KEY, k ${type.replace('NOPAD', kind.nopad)}, modified DATETIME(6), KEY (${index}))`,
      );
      // The text of a number is bits of its own there.
      const insert = type.startsWith('BIT') ? '? + 0' : '?';
      for (const [id, value] of [...values, ...values].entries())
        await lms.run(`INSERT INTO parts VALUES (?, ${insert}, UTC_TIMESTAMP(6))`, [String(id), value]);
      await lms.inSession(async (session) => {
        const [id, k] = await fieldsOf(session, 'parts', ['id', 'k']);
        const request = {
          table: 'parts',
          partitionFields: [k!],
          timestampField: 'modified',
          interval: '1 day',
        };
        const found = await session.changedPartitions!(request);
        expect(sorted(found)).toEqual(sorted(values.map((value) => [asBytes(value)])));
        const read = async (wanted: readonly PartitionValues[]): Promise<number[]> => {
          const partitions = { fields: [k!], values: wanted };
          const rows = await collectRows(session.read({ table: 'parts', fields: [id!], partitions }));
          return rows.map(([cell]) => Number(cell)).sort((a, b) => a - b);
        };
        for (const [place, value] of values.entries())
          expect(await read([[asBytes(value)]])).toEqual([place, place + values.length]);
        expect(await read(found)).toEqual(Array.from({ length: 2 * values.length }, (_, n) => n));
        // What is in no row, and what the column cannot even hold.
        for (const other of [
          '😂',
          'zzz',
          '7.0',
          '07',
          '+7',
          '1e0',
          "7' or 1=1 -- ",
          '2024-02-29 00:00:00',
          'A\u0300',
        ])
          expect(await read([[Buffer.from(other)]])).toEqual([]);
        expect(await read([[Buffer.from([0xff, 0xfe])], [asBytes(values[0]!)]])).toEqual([0, values.length]);
      });
    },
  );

  it('several columns, in the order that is asked for, with NULL in some', async () => {
    await lms.run('DROP TABLE IF EXISTS `order`');
    await lms.run(`CREATE TABLE \`order\` (id INT PRIMARY KEY, \`a\`\`b\` VARCHAR(20) COLLATE utf8mb4_general_ci,
      \`a"b\` INT, \`mod\`\`"'d\` DATETIME(6), KEY (\`a\`\`b\`, \`a"b\`))`);
    const rows: [Value, Value][] = [
      ['A', '1'],
      ['a', '1'],
      ['A', '2'],
      ['A', null],
      [null, '1'],
      [null, null],
      ['1', '1'],
      ["'", '2'],
    ];
    for (const [id, [a, b]] of rows.entries())
      await lms.run('INSERT INTO `order` VALUES (?, ?, ?, UTC_TIMESTAMP(6))', [String(id), a, b]);
    await lms.inSession(async (session) => {
      const [id, ...partitionFields] = await fieldsOf(session, 'order', ['id', 'a"b', 'a`b']);
      const interval = '1 hour';
      const timestampField = 'MOD`"\'d';
      const found = await session.changedPartitions!({
        table: 'order',
        partitionFields,
        timestampField,
        interval,
      });
      const expected = rows.map(([a, b]): PartitionValues => [asBytes(b), asBytes(a)]);
      expect(sorted(found)).toEqual(sorted(expected));
      const read = async (values: readonly PartitionValues[]): Promise<string[]> => {
        const partitions = { fields: partitionFields, values };
        const cells = await collectRows(session.read({ table: 'order', fields: [id!], partitions }));
        return cells.map(([cell]) => cell!).sort();
      };
      for (const [place, combination] of expected.entries())
        expect(await read([combination])).toEqual([String(place)]);
      expect(await read(expected.slice(1, 6))).toEqual(['1', '2', '3', '4', '5']);
      expect(await read([[asBytes('A'), asBytes('1')]])).toEqual([]);
    });
  });

  it('no value, no query', async () => {
    await lms.inSession(async (session) => {
      const fields = [{ name: 'k', type: { kind: 'text' }, nullable: true, declared: 'text' }] as const;
      const partitions = { fields, values: [] };
      expect(await collectRows(session.read({ table: 'nowhere', fields, partitions }))).toEqual([]);
    });
  });

  describe('a large table', () => {
    const ROWS = 200_000;
    let fields: readonly Field[];

    beforeAll(async () => {
      const digits =
        '(SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)';
      await lms.run(`CREATE TABLE large (id INT PRIMARY KEY, k VARCHAR(255) COLLATE utf8mb4_general_ci,
        l VARCHAR(255) CHARACTER SET latin1, n INT, plain INT, modified DATETIME(6), KEY (k), KEY (l), KEY (n))`);
      await lms.run(`INSERT INTO large SELECT id, CONCAT('Cours é ', id DIV 20), CONCAT('Cours é ', id DIV 20),
        id DIV 5, id DIV 5, NULL FROM (SELECT a.n + 5 * (b.n + 5 * (c.n + 5 * (d.n + 5 * (e.n + 5 * (f.n + 5 * (g.n +
        5 * h.n)))))) AS id FROM ${'abcdefgh'
          .split('')
          .map((name) => `${digits} ${name}`)
          .join(', ')}) numbers
        WHERE id < ${ROWS}`);
      await lms.run('ANALYZE TABLE large');
      fields = (await lms.inSession((session) => session.describe('large'))).fields;
    }, 60_000);

    const field = (name: string): Field => fields.find((candidate) => candidate.name === name)!;
    const conditions = (name: string, values: readonly string[], limit?: number): Promise<string[]> =>
      partitionConditions(
        lms.connection,
        { source: 'lms', address: lms.address, request: { table: 'large', fields } },
        { fields: [field(name)], values: values.map((value) => [Buffer.from(value)]) },
        limit,
      );

    /** How many rows a query finds, and how many the server looks at for it. */
    const work = async (condition: string): Promise<{ rows: number; looks: number }> => {
      const looks = async (): Promise<number> => {
        const status = await execute(lms.connection, 'lms', "SHOW SESSION STATUS LIKE 'Handler_read%'");
        return status.reduce((sum, row) => sum + Number(row['Value']), 0);
      };
      await lms.run('FLUSH STATUS');
      const before = await looks();
      const rows = (await lms.run(`SELECT id, modified FROM lms.large ${condition}`)) as unknown[];
      return { rows: rows.length, looks: (await looks()) - before };
    };

    it.each([
      ['k', 'Cours é ', 20],
      ['l', 'Cours é ', 20],
      ['n', '', 5],
    ] as const)('an index on the column %s serves the read', async (name, prefix, per) => {
      for (const count of [1, 3, 300, 1500]) {
        const values = Array.from({ length: count }, (_, n) => `${prefix}${n + 7}`);
        const [condition, ...more] = await conditions(name, values);
        expect(more).toEqual([]);
        const { rows, looks } = await work(condition!);
        expect(rows).toBe(count * per);
        expect(looks).toBeLessThan(2 * count * (per + 2) + 1000);
      }
    });

    it('a list too long for one statement becomes several, and no row comes twice', async () => {
      const values = Array.from({ length: 500 }, (_, n) => `Cours é ${n % 250}`);
      const several = await conditions('k', values, 5_000);
      expect(several.length).toBeGreaterThan(2);
      let rows = 0;
      for (const condition of several) {
        expect(condition.length).toBeLessThan(6_000);
        rows += (await work(condition)).rows;
      }
      expect(rows).toBe(250 * 20);
    });

    it.each(['n', 'plain'])(
      'all of 40,000 partitions by %s at once',
      async (name) => {
        await lms.inSession(async (session) => {
          const request = { table: 'large', partitionFields: [field(name)], timestampField: 'modified' };
          const values = await session.changedPartitions!({ ...request, interval: '1 hour' });
          expect(values).toHaveLength(ROWS / 5);
          const partitions = { fields: [field(name)], values };
          let sum = 0;
          let rows = 0;
          for await (const batch of session.read({ table: 'large', fields: [field('id')], partitions })) {
            rows += batch.rows;
            for (let row = 0; row < batch.rows; row++) sum += batch.columns[0]!.lengths[row]!;
            batch.release();
          }
          expect(rows).toBe(ROWS);
          expect(sum).toBe(
            Array.from({ length: ROWS }, (_, id) => String(id).length).reduce((a, b) => a + b),
          );
        });
      },
      60_000,
    );

    it('a read of partitions that is left early leaves the session ready', async () => {
      await lms.inSession(async (session) => {
        const values = Array.from({ length: 39_000 }, (_, n) => [Buffer.from(String(n))]);
        const partitions = { fields: [field('n')], values };
        for (let round = 0; round < 3; round++)
          for await (const batch of session.read({ table: 'large', fields, partitions })) {
            expect(batch.rows).toBeGreaterThan(0);
            break;
          }
        const few = { fields: [field('n')], values: values.slice(0, 2) };
        expect(await collectRows(session.read({ table: 'large', fields, partitions: few }))).toHaveLength(10);
      });
    });
  });
});
