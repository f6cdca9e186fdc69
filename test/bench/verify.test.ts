import { rm } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { measure, output } from '../../bench/measure.ts';
import { load, readers } from '../../bench/subjects.ts';
import { tableBytes } from '../../bench/table-bytes.ts';
import { huge, LARGEST_ROW } from '../../bench/tables/huge.ts';
import { narrow } from '../../bench/tables/narrow.ts';
import { studentModule } from '../../bench/tables/student-module.ts';
import { wide } from '../../bench/tables/wide.ts';
import { mustAgree, serverFacts, verify } from '../../bench/verify.ts';
import { mariadbAvailable, type MariadbServer, startMariadb } from '../servers/mariadb.ts';
import { tempDir } from '../temp-dir.ts';

const never = new AbortController().signal;

describe.skipIf(!mariadbAvailable())('the tables of the benchmark', () => {
  let server: MariadbServer;
  const folder = tempDir();
  beforeAll(async () => {
    server = await startMariadb({ args: ['--innodb-buffer-pool-size=256M', '--innodb-log-file-size=256M'] });
  });
  afterAll(async () => {
    await server?.stop();
  });

  it.each([
    { name: 'one-file', table: studentModule(2000) },
    { name: 'csv', table: studentModule(2000) },
    { name: 'partitioned', table: studentModule(2000) },
    { name: 'one-file', table: narrow(2000) },
    { name: 'one-file', table: wide(300) },
    { name: 'one-file', table: huge(3) },
  ] as const)('are as the server has them: $name, $table.name', async ({ name, table }) => {
    await table.fill(server);
    const subject = await load(name, server, table, folder);
    await measure(subject.command, never);
    const check = await verify(subject, table, await serverFacts(server, table, never), never);
    expect(check.differences).toEqual([]);
    expect(check.facts).toBe(2 + 2 * table.columns.length);
    await rm(subject.output!, { recursive: true });
  });

  it('has a row of more than one packet, which every reader counts as one', async () => {
    const table = huge(3);
    await table.fill(server);
    expect(await tableBytes(server, table, never)).toBeGreaterThan(LARGEST_ROW);
    for (const { command } of readers(server, table)) await output(command, never);
    for (const { command } of readers(server, { ...table, rows: 4 }).slice(1))
      await expect(output(command, never)).rejects.toThrow('3 rows were read, not 4');
  });

  it.each([
    ['a value', `SET word = 'other' WHERE id = 7`, ['rows', 'word']],
    ['a NULL', 'SET b = NULL WHERE id = 7', ['rows', 'b']],
    ['a second', 'SET at = at + INTERVAL 1 SECOND WHERE id = 7', ['rows', 'at']],
    // The sums of the columns stay as they are.
    ['values in the wrong rows', 'SET id = 65 - id', ['rows']],
  ])('see %s', async (_, change, expected) => {
    const table = narrow(64);
    await table.fill(server);
    const subject = await load('one-file', server, table, folder);
    await measure(subject.command, never);
    await server.exec(`USE bench; ALTER TABLE narrow DROP PRIMARY KEY; UPDATE narrow ${change};`);
    const check = await verify(subject, table, await serverFacts(server, table, never), never);
    await rm(subject.output!, { recursive: true });
    const checksums = check.differences.map((line) => /^checksum of (\w+):/.exec(line)?.[1]);
    expect(checksums.filter((name) => name !== undefined)).toEqual(expected);
    expect(() => mustAgree(check)).toThrow(/one-file: the lake differs from the server in narrow/);
  });
});
