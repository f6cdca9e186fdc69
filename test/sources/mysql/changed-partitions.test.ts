import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { changedPartitions } from '../../../src/sources/mysql/changed-partitions.ts';
import type { PartitionValues } from '../../../src/sources/source.ts';
import { collectRows } from '../../contracts/source.ts';
import { fieldsOf, LmsDatabase, SERVERS } from './both-servers.ts';

describe.each(SERVERS)('changed partitions: $kind', (kind) => {
  let lms: LmsDatabase;

  beforeAll(async () => {
    lms = await LmsDatabase.start(kind);
  });
  afterAll(() => lms?.stop());

  const texts = (values: readonly PartitionValues[]): string[] =>
    values.map(([value]) => value?.toString() ?? 'NULL').sort();

  /** The partitions by `k` whose stamps are in the interval, as text. */
  const listed = (table: string, interval: string, timestampField = 'modified'): Promise<string[]> =>
    lms.inSession(async (session) => {
      const partitionFields = await fieldsOf(session, table, ['k']);
      const request = { table, partitionFields, timestampField, interval };
      return texts(await session.changedPartitions!(request));
    });

  /** The same on a connection whose clock was set. */
  const listedHere = async (table: string, interval: string, timestampField: string): Promise<string[]> => {
    const schema = await lms.inSession((session) => session.describe(table));
    const request = { table, partitionFields: [schema.fields[0]!], timestampField, interval };
    const query = { source: 'lms', address: lms.address, schema, request };
    return texts(await changedPartitions(lms.connection, query));
  };

  describe('stamps', () => {
    const ago = (hours: number): string => `UTC_TIMESTAMP(6) - INTERVAL ${hours * 3600} SECOND`;

    beforeAll(async () => {
      await lms.run('CREATE TABLE stamps (k VARCHAR(20), modified DATETIME(6), ts TIMESTAMP(6) NULL)');
      for (const hours of [-1, 0.5, 1.4, 1.7, 3, 35, 40])
        await lms.run(`INSERT INTO stamps VALUES ('${hours}', ${ago(hours)}, ${ago(hours)})`);
      await lms.run("INSERT INTO stamps VALUES ('none', NULL, NULL)");
    });

    it.each([
      ['2 hour', ['0.5', '1.4', '1.7']],
      ['90 minute', ['0.5', '1.4']],
      ["'1:30' hour_minute", ['0.5', '1.4']],
      ['5400 SECOND', ['0.5', '1.4']],
      ["'1 12' day_hour", ['0.5', '1.4', '1.7', '3', '35']],
      ['"1 12:00:00" Day_Second', ['0.5', '1.4', '1.7', '3', '35']],
      ['1 week', ['0.5', '1.4', '1.7', '3', '35', '40']],
      ['2000 year', ['0.5', '1.4', '1.7', '3', '35', '40']],
    ])('%s: what changed in it, in the future or nobody knows when', async (interval, changed) => {
      expect(await listed('stamps', interval)).toEqual(['-1', ...changed, 'none']);
      expect(await listed('stamps', interval, 'ts')).toEqual(['-1', ...changed, 'none']);
    });

    it.each(['+05:00', '-05:00'])('the time zone of the server, %s, has no part in it', async (zone) => {
      await lms.server.exec(`SET GLOBAL time_zone = '${zone}'`);
      try {
        for (const column of ['modified', 'ts'])
          expect(await listed('stamps', '1 hour', column)).toEqual(['-1', '0.5', 'none']);
      } finally {
        await lms.server.exec("SET GLOBAL time_zone = 'SYSTEM'");
      }
    });

    it.each([
      '1 fortnight',
      '0 hour',
      '-1 hour',
      "'1:2:3' hour_minute",
      '99999999999999999999 hour',
      '3000 year',
      '1 hour) OR SLEEP(9) -- ',
      '1 hour; DROP TABLE stamps',
      "'1' hour' OR ''='",
    ])('no interval: %s', async (interval) => {
      await expect(listed('stamps', interval)).rejects.toMatchObject({
        code: 'settings-invalid',
        message: expect.stringContaining(`table stamps: the interval ${JSON.stringify(interval)}`),
        hint: expect.stringContaining('2 hour'),
      });
    });

    it.each([
      'second',
      'minute',
      'hour',
      'day',
      'week',
      'month',
      'quarter',
      'year',
      'hour_minute',
      'year_month',
    ])('999999999 %s reach back to all rows, or further than there is time', async (unit) => {
      const outcome = await listed('stamps', `999999999 ${unit}`).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'settings-invalid' });
      else expect(outcome).toHaveLength(8);
    });

    it.each(['k', 'id'])('the column %s does not say when a row changed', async (column) => {
      await lms.run('CREATE TABLE IF NOT EXISTS unstamped (id INT, k VARCHAR(20))');
      const type = column === 'k' ? 'varchar(20)' : 'int';
      await expect(listed('unstamped', '1 hour', column)).rejects.toMatchObject({
        code: 'settings-invalid',
        message: expect.stringContaining(
          `table unstamped: the timestamp_field ${column} is of the type ${type}`,
        ),
      });
    });

    it('counts from when the session was opened, and a coarse stamp is not older than it can say', async () => {
      await lms.run(
        'CREATE TABLE coarse (k VARCHAR(20), day_ DATE, second_ DATETIME, milli DATETIME(3), micro DATETIME(6))',
      );
      for (const [k, day, time] of [
        ['in', '2026-03-01', '11:00:00.7'],
        ['before', '2026-02-28', '10:59:59.9'],
      ])
        await lms.run(
          `INSERT INTO coarse VALUES ('${k}', '${day}', DATE_FORMAT('2026-03-01 ${time}', '%Y-%m-%d %H:%i:%s'),
            '2026-03-01 ${time}', '2026-03-01 ${time}')`,
        );
      await lms.run("SET @panorama_opened = '2026-03-01 12:00:00.700000'");
      try {
        for (const stamp of ['day_', 'second_', 'milli', 'micro'])
          expect([stamp, await listedHere('coarse', '1 hour', stamp)]).toEqual([stamp, ['in']]);
      } finally {
        await lms.run('SET @panorama_opened = UTC_TIMESTAMP(6)');
      }
    });

    it('the time in which a long run was open is not taken from the interval', async () => {
      // The clock of this connection runs ahead, as if the session had been open for a day.
      await lms.run('SET timestamp = UNIX_TIMESTAMP() + 86400');
      try {
        expect(await listedHere('stamps', '1 hour', 'modified')).toEqual(['-1', '0.5', 'none']);
      } finally {
        await lms.run('SET timestamp = DEFAULT');
      }
    });
  });

  it('sees the snapshot of the session, and leaves no lock', async () => {
    await lms.run('CREATE TABLE snap (id INT, k VARCHAR(20), modified DATETIME(6)) ENGINE=InnoDB');
    await lms.run("INSERT INTO snap VALUES (1, 'old', UTC_TIMESTAMP(6))");
    await lms.inSession(async (session) => {
      await lms.run("INSERT INTO snap VALUES (2, 'old', UTC_TIMESTAMP(6)), (3, 'new', UTC_TIMESTAMP(6))");
      const fields = await fieldsOf(session, 'snap', ['id', 'k']);
      const request = { table: 'snap', partitionFields: [fields[1]!], timestampField: 'modified' };
      const found = await session.changedPartitions!({ ...request, interval: '1 hour' });
      expect(texts(found)).toEqual(['old']);
      const partitions = { fields: [fields[1]!], values: [[Buffer.from('old')], [Buffer.from('new')]] };
      expect(await collectRows(session.read({ table: 'snap', fields, partitions }))).toEqual([['1', 'old']]);
      await lms.server.exec('SET SESSION lock_wait_timeout = 2; ALTER TABLE lms.snap ADD COLUMN more INT');
    });
  });
});
