import type { ChildProcess } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { thisProcess } from '../../src/lake/lock-owner.ts';
import { type MariadbServer, mariadbAvailable, startMariadb } from '../servers/mariadb.ts';
import { tempDir } from '../temp-dir.ts';
import { cli, type CliResult, lakeContents } from './cli.ts';
import { DUMP } from './dump-text.ts';
import { IN_NAMESPACE } from './namespace.ts';

const folder = tempDir();
const lake = join(folder, 'lake');
const PASSWORD = 'CANARY\'"%n$';

let server: MariadbServer;
let counter = 0;

interface Site {
  host?: string;
  port?: number;
  user?: string;
  password?: string;
  database?: string;
  lake?: string;
  tables?: string;
}

/** A settings file for the shop of this test, with changes. */
async function settings(change: Site = {}): Promise<string> {
  const path = join(folder, `settings-${counter++}.yaml`);
  const site = {
    host: '127.0.0.1',
    port: server.port,
    user: 'loader',
    database: 'shop',
    lake,
    tables: '',
    ...change,
  };
  await writeFile(
    path,
    `datalake:
  type: local
  path: ${site.lake}
  base_prefix: shop
datasources:
  - name: shop
    type: mysql
    mysql_host: ${site.host}
    mysql_port: ${site.port}
    mysql_username: ${site.user}
    mysql_retry_pause: 0.1s
    mysql_password: \${SHOP_PASSWORD}
    mysql_database: ${site.database}
${site.tables}`,
  );
  return path;
}

const run = (
  file: string,
  args: string[],
  env: Record<string, string> = {},
  more: object = {},
): Promise<CliResult> =>
  cli(['--settings', file, ...args], { env: { SHOP_PASSWORD: PASSWORD, ...env }, cwd: folder, ...more });

/** The command fails as said, tells what and what next, and the lake is as it was. */
async function fails(
  result: Promise<CliResult>,
  code: number,
  ...words: (string | RegExp)[]
): Promise<CliResult> {
  const before = lakeContents(lake);
  const done = await result;
  const output = done.stdout + done.stderr;
  for (const word of words) expect(output).toMatch(word);
  expect(output).not.toContain('CANARY');
  expect(done.code, output).toBe(code);
  expect(lakeContents(lake)).toEqual(before);
  return done;
}

describe.runIf(mariadbAvailable())('bad input', () => {
  beforeAll(async () => {
    server = await startMariadb();
    await server.exec(`
      CREATE DATABASE shop; USE shop;
      CREATE TABLE items (id INT PRIMARY KEY, name TEXT); INSERT INTO items SELECT seq, CONCAT('item ', seq) FROM seq_1_to_1000;
      CREATE TABLE orders (id INT PRIMARY KEY, item INT); INSERT INTO orders VALUES (1, 1), (2, 1);
      CREATE TABLE secret (id INT); INSERT INTO secret VALUES (1);
      CREATE DATABASE large; USE large;
      CREATE TABLE a_first (id INT PRIMARY KEY); INSERT INTO a_first VALUES (1);
      CREATE TABLE items (id INT PRIMARY KEY, body TEXT);
      INSERT INTO items SELECT seq, REPEAT(SHA2(seq, 256), 40) FROM seq_1_to_40000;
      CREATE TABLE z_last (id INT PRIMARY KEY); INSERT INTO z_last VALUES (1);
      CREATE USER loader IDENTIFIED BY '${PASSWORD.replace("'", "''")}';
      GRANT SELECT ON shop.items TO loader; GRANT SELECT ON shop.orders TO loader; GRANT SELECT ON large.* TO loader;
    `);
    const load = await run(await settings(), ['extract-and-load', '--all']);
    expect(load.code, load.stderr).toBe(0);
  });
  afterAll(() => server?.stop());

  it('a wrong password', async () => {
    await fails(
      run(await settings(), ['extract-and-load', '--all'], { SHOP_PASSWORD: 'CANARY-wrong' }),
      1,
      'Access denied for user',
      'Check user name and password',
      'source-access-denied',
    );
    await fails(
      run(await settings(), ['--debug', 'extract-and-load', '--all'], { SHOP_PASSWORD: 'CANARY-wrong' }),
      1,
      'source-access-denied',
    );
    await fails(
      run(await settings(), ['test-connections'], { SHOP_PASSWORD: 'CANARY-wrong' }),
      1,
      /datalake \(local\): OK/,
      /shop \(mysql\): FAILED, connect: .*denied.*\[source-access-denied\]/,
    );
  });

  it('a host or port where nobody answers', async () => {
    await fails(
      run(await settings({ port: 1 }), ['extract-and-load', '--all']),
      1,
      '127.0.0.1:1',
      'ECONNREFUSED',
      'source-unreachable',
    );
    await fails(
      run(await settings({ host: 'no-such-host.invalid' }), ['test-connections']),
      1,
      'no-such-host.invalid',
      'source-unreachable',
    );
  });

  it('a missing grant', async () => {
    const tables = '    tables:\n      - name: secret\n        fields: [{ name: id }]\n';
    await fails(run(await settings({ tables }), ['extract-and-load', '--all']), 2, 'secret', 'unknown-table');
    await server.exec('GRANT SELECT (id) ON shop.secret TO loader;');
    await server.exec('ALTER TABLE shop.secret ADD COLUMN hidden INT;');
    const more = '    tables:\n      - name: secret\n        fields: [{ name: id }, { name: hidden }]\n';
    await fails(
      run(await settings({ tables: more }), ['extract-and-load', '--all']),
      2,
      'hidden',
      'unknown-column',
    );
    await server.exec('REVOKE SELECT (id) ON shop.secret FROM loader;');
    // A right that shows the table and does not read it.
    await server.exec('GRANT INSERT ON shop.secret TO loader;');
    await fails(
      run(await settings({ tables: `${tables}      - name: items\n` }), ['test-connections']),
      1,
      /shop \(mysql\): FAILED, read secret: .*\[source-permission\]/,
      'shop (mysql): OK, read items',
    );
    await fails(
      run(await settings(), ['test-connections']),
      1,
      /shop \(mysql\): FAILED, read secret: .*\[source-permission\]/,
      /shop \(mysql\): OK, read \d+ of \d+ tables/,
    );
    await server.exec('REVOKE INSERT ON shop.secret FROM loader;');
  });

  it('unknown tables, columns, sources and selections (D40)', async () => {
    const file = await settings();
    await fails(run(file, ['extract-and-load', '--tables', 'itmes']), 2, 'itmes', 'unknown-table');
    await fails(run(file, ['extract-and-load', '--tables', 'items,itmes']), 2, 'itmes', 'unknown-table');
    await fails(
      run(file, ['extract-and-load', '--datasource', 'shopp']),
      2,
      'shopp',
      'the settings have: shop',
      'unknown-datasource',
    );
    await fails(
      run(file, ['extract-and-load']),
      2,
      'Either --all or --datasource or --tables',
      'nothing-selected',
    );
    await fails(
      run(file, ['extract-and-load', '--all', '--tables', 'items']),
      2,
      'cannot be used together',
      'usage',
    );
    await fails(run(file, ['extract-and-laod', '--all']), 2, 'unknown command', 'extract-and-load');
    await fails(run(file, ['extract-and-load', '--al']), 2, 'unknown option', '--all');
    const tables = '    tables:\n      - name: items\n        fields: [{ name: id }, { name: nmae }]\n';
    await fails(
      run(await settings({ tables }), ['extract-and-load', '--all']),
      2,
      'nmae',
      'it has: id, name',
      'unknown-column',
    );
    const partitions =
      '    tables:\n      - name: items\n        partitions: { partition_fields: [colour] }\n';
    await fails(
      run(await settings({ tables: partitions }), ['extract-and-load', '--all']),
      2,
      'colour',
      'partition_fields',
    );
  });

  it('a source that shows no table is no success, and a table that vanished is told', async () => {
    await server.exec(
      'CREATE DATABASE bare; CREATE USER bare IDENTIFIED BY "b"; GRANT SELECT ON bare.* TO bare;',
    );
    const bare = await settings({ database: 'bare', user: 'bare' });
    await fails(
      run(bare, ['extract-and-load', '--all'], { SHOP_PASSWORD: 'b' }),
      1,
      'shows no table',
      'source-permission',
    );
    const other = join(folder, 'vanished');
    await server.exec('CREATE TABLE bare.kept (id INT); CREATE TABLE bare.gone (id INT);');
    const file = await settings({ database: 'bare', user: 'bare', lake: other });
    expect((await run(file, ['extract-and-load', '--all'], { SHOP_PASSWORD: 'b' })).code).toBe(0);
    await server.exec('DROP TABLE bare.gone;');
    const next = await run(file, ['extract-and-load', '--all'], { SHOP_PASSWORD: 'b' });
    expect(next.stderr).toContain('gone: no source shows this table any more');
  });

  it('an output that breaks off or is full', async () => {
    const head = await cli(['--help'], { shell: '"$@" | head -1' });
    expect(head.stderr).toBe('');
    expect(head.stdout).toMatch(/^Usage/);
    const full = await cli(['tables', '--lake', lake], { shell: '"$@" > /dev/full' });
    expect(full.stderr).toMatch(/output-lost/);
    expect(full.stderr).not.toMatch(/at .*node:/);
    expect(full.code).toBe(1);
    const other = join(folder, 'deaf');
    const deaf = await cli(['--settings', await settings({ lake: other }), 'extract-and-load', '--all'], {
      env: { SHOP_PASSWORD: PASSWORD },
      shell: '{ "$@"; echo "code $?" > code; } 2>&1 | true; cat code',
      cwd: folder,
    });
    expect(deaf.stdout).toBe('code 0\n');
    expect(Object.keys(lakeContents(other)).filter((path) => path.includes('lock'))).toEqual([]);
  });

  it('--debug shows the stacks of failed tables, without secrets (D43)', async () => {
    const done = await run(await settings(), ['--debug', 'extract-and-load', '--all'], {
      SHOP_PASSWORD: 'CANARY-wrong',
    });
    expect(done.stderr).toMatch(/caused by .*\n\s+at /);
    expect(done.stderr).not.toContain('CANARY');
  });

  it('kill -9 at any moment: the next run needs no help', async () => {
    const other = join(folder, 'killed');
    const file = await settings({ database: 'large', lake: other });
    for (const wait of [150, 400, 700, 1000, 1300]) {
      await run(
        file,
        ['extract-and-load', '--tables', 'items,a_first'],
        {},
        { started: (child: ChildProcess) => void setTimeout(() => child.kill('SIGKILL'), wait) },
      );
      const next = await run(file, ['extract-and-load', '--tables', 'items,a_first']);
      expect(next.code, next.stderr).toBe(0);
      const lock = await readFile(join(other, '_panorama/lock.json'), 'utf8');
      expect(JSON.parse(lock)).toMatchObject({ free: true, journals: [] });
    }
    const count = await run(file, [
      '--json',
      'query',
      '--lake',
      other,
      'SELECT count(*)::INTEGER AS n FROM shop_table_items',
    ]);
    expect(JSON.parse(count.stdout)).toEqual([{ n: 40_000 }]);
  });

  it('one failing table does not stop the others', async () => {
    const tables = '    tables:\n      - name: nowhere\n      - name: items\n      - name: orders\n';
    const other = join(folder, 'partial');
    const done = await run(await settings({ tables, lake: other }), ['extract-and-load', '--all', '--json']);
    expect(done.code).toBe(3);
    const report = JSON.parse(done.stdout);
    expect(report.tables.map((table: { table: string }) => table.table)).toEqual(['items', 'orders']);
    expect(report.failures).toEqual([
      expect.objectContaining({ source: 'shop', table: 'nowhere', code: 'unknown-table' }),
    ]);
  });

  it('settings that are missing or wrong', async () => {
    await fails(
      cli(['--settings', 'nowhere.yaml', 'extract-and-load', '--all'], { cwd: folder }),
      2,
      'nowhere.yaml',
      'settings-missing',
    );
    const typo = join(folder, 'typo.yaml');
    await writeFile(
      typo,
      (await readFile(await settings(), 'utf8')).replace('mysql_password', 'mysql_pasword'),
    );
    await fails(
      run(typo, ['extract-and-load', '--all']),
      2,
      /typo\.yaml:12/,
      'mysql_password',
      'settings-invalid',
    );
    const s3 = join(folder, 's3.yaml');
    await writeFile(s3, 'datalake:\n  panorama_raw_data_bucket: b\ndatasources:\n  - type: mysql\n');
    await fails(run(s3, ['extract-and-load', '--all']), 1, 'no credentials were found', 'lake-access-denied');
  });

  it('a server that dies in the middle of a read', async () => {
    const dying = await startMariadb();
    try {
      await dying.exec(`
        CREATE DATABASE large; USE large; CREATE TABLE a_first (id INT PRIMARY KEY); INSERT INTO a_first VALUES (1);
        CREATE TABLE items (id INT PRIMARY KEY, body TEXT); INSERT INTO items SELECT seq, REPEAT(SHA2(seq, 256), 40) FROM seq_1_to_60000;
        CREATE TABLE z_last (id INT PRIMARY KEY); CREATE USER loader IDENTIFIED BY 'x'; GRANT SELECT ON large.* TO loader;`);
      const other = join(folder, 'dying');
      const file = await settings({ port: dying.port, database: 'large', lake: other });
      expect((await run(file, ['extract-and-load', '--all'], { SHOP_PASSWORD: 'x' })).code).toBe(0);
      const before = lakeContents(other);
      // The reader is held back until the server is dead, so that it surely dies in the middle.
      const started = (child: ChildProcess): void =>
        void whenStaging(join(other, '_panorama/staging'), child, dying.pid);
      const done = await run(
        file,
        ['extract-and-load', '--tables', 'items,z_last', '--json'],
        { SHOP_PASSWORD: 'x' },
        { started },
      );
      expect(done.code, done.stderr).toBe(1);
      const codes = JSON.parse(done.stdout).failures.map((failure: { code: string }) => failure.code);
      // Both were left for a server that did not come back.
      expect(codes).toEqual(['source-unreachable', 'source-unreachable']);
      expect(done.stderr).toMatch(/items: .* begun again|shop: .* begun again in .* \(1 of 3\)/);
      expect(lakeContents(other)).toEqual(before);
    } finally {
      await dying.stop();
    }
  });

  it('a folder that may not be written', async () => {
    await writeFile(join(folder, 'a-file'), '');
    await fails(
      run(await settings({ lake: join(folder, 'a-file/lake') }), ['extract-and-load', '--all']),
      1,
      'a part of the path is a file',
      'lake-unwritable',
    );
    const closed = join(folder, 'closed');
    await mkdir(closed);
    const file = await settings({ lake: closed });
    const readOnly = (args: string[]): Promise<CliResult> =>
      cli(['--settings', file, ...args], {
        cwd: folder,
        env: { SHOP_PASSWORD: PASSWORD, SCRIPT: `mount -t tmpfs -o ro tmpfs ${closed} && exec "$@"` },
        shell: IN_NAMESPACE,
      });
    const why = 'the file system is read-only';
    await fails(readOnly(['extract-and-load', '--all']), 1, why, closed, 'lake-unwritable');
    await fails(
      readOnly(['test-connections']),
      1,
      /datalake \(local\): FAILED, write .*: Cannot write/,
      /shop \(mysql\): OK/,
    );
  });

  it('a disk that is full', async () => {
    const mount = join(folder, 'small');
    await mkdir(mount);
    const file = await settings({ database: 'large', lake: join(mount, 'lake') });
    const shell = `mount -t tmpfs -o size=1m tmpfs ${mount} && "$@" extract-and-load --tables a_first && find ${mount}/lake -type f ! -path '*/_panorama/runs/*' | sort > before;
      "$@" extract-and-load --all --json; code=$?; find ${mount}/lake -type f ! -path '*/_panorama/runs/*' | sort > after; cmp before after || exit 99;
      "$@" --json query --lake ${mount}/lake 'SELECT count(*) AS n FROM shop_table_a_first' >&2; exit $code`;
    const done = await cli(['--settings', file], {
      cwd: folder,
      env: { SHOP_PASSWORD: PASSWORD, SCRIPT: shell },
      shell: IN_NAMESPACE,
    });
    expect(done.code, done.stdout + done.stderr).toBe(1);
    expect(JSON.parse(done.stdout.trim().split('\n').at(-1)!)).toMatchObject({
      error: { code: 'lake-full', message: expect.stringContaining('no space left') },
    });
    expect(done.stderr).toMatch(/"n":\s*1/);
  });

  it('a dump that was cut off: nothing of it is published', async () => {
    const path = join(folder, 'cut-lake');
    await writeFile(join(folder, 'whole.sql'), DUMP);
    expect((await cli(['load', 'whole.sql', '--lake', path], { cwd: folder })).code).toBe(0);
    const before = lakeContents(path);
    const changed = DUMP.replace("'ada'", "'changed'");
    const zipped = gzipSync(changed);
    const cuts: [string, Buffer][] = [
      ['cut.sql', Buffer.from(changed.slice(0, changed.indexOf("'Org/Old/Run'") + 4))],
      ['no-footer.sql', Buffer.from(changed.slice(0, changed.indexOf('-- Dump completed')))],
      ['cut.sql.gz', zipped.subarray(0, zipped.length - 20)],
    ];
    for (const [name, bytes] of cuts) {
      await writeFile(join(folder, name), bytes);
      const done = await cli(['load', name, '--lake', path], { cwd: folder });
      expect(done.stderr, name).toMatch(/dump-truncated/);
      expect(done.stderr, name).toContain(name);
      expect(done.code, name).toBe(1);
      expect(lakeContents(path), name).toEqual(before);
    }
  });

  it('a lock that another run holds', async () => {
    const owner = thisProcess();
    const held = join(folder, 'held');
    await mkdir(join(held, '_panorama'), { recursive: true });
    await writeFile(join(held, '_panorama/lock.json'), JSON.stringify(owner));
    await fails(
      run(await settings({ lake: held }), ['extract-and-load', '--all']),
      4,
      String(process.pid),
      'locked',
    );
  });

  it('guards: a table that lost most of its rows, a column that changed', async () => {
    const other = join(folder, 'guarded');
    const file = await settings({ lake: other });
    expect((await run(file, ['extract-and-load', '--all'])).code).toBe(0);
    const before = lakeContents(other);
    await server.exec(
      'CREATE TABLE shop.kept AS SELECT * FROM shop.items; DELETE FROM shop.items WHERE id > 700;',
    );
    const shrunk = await run(file, ['extract-and-load', '--tables', 'items']);
    expect(shrunk.code, shrunk.stderr).toBe(5);
    expect(shrunk.stderr).toMatch(/1000 rows in the lake and has 700.*\n.*--allow-shrink/);
    expect(lakeContents(other)).toEqual(before);
    expect((await run(file, ['extract-and-load', '--tables', 'items', '--allow-shrink'])).code).toBe(0);
    await server.exec('ALTER TABLE shop.items MODIFY name BLOB;');
    const changed = await run(file, ['extract-and-load', '--tables', 'items']);
    expect(changed.code).toBe(5);
    expect(changed.stderr).toMatch(/name was text and is binary.*\n.*--allow-schema-change/);
    expect((await run(file, ['extract-and-load', '--tables', 'items', '--allow-schema-change'])).code).toBe(
      0,
    );
    await server.exec(
      'ALTER TABLE shop.items MODIFY name TEXT; INSERT INTO shop.items SELECT * FROM shop.kept WHERE id > 700; DROP TABLE shop.kept;',
    );
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends a run with %d and leaves the lake as it was', async (signal, code) => {
    const other = join(folder, `signal-${signal}`);
    const file = await settings({ database: 'large', lake: other });
    const started = (child: ChildProcess): void =>
      void whenStaging(join(other, '_panorama/staging'), child, undefined, signal);
    const done = await run(file, ['extract-and-load', '--all'], {}, { started });
    expect(done.code, done.stderr).toBe(code);
    expect(done.stderr).toContain('interrupted');
    expect(lakeContents(other)).toEqual({});
    expect((await run(file, ['extract-and-load', '--all'])).code).toBe(0);
  });
});

/** Waits until the run has begun to write a large file; then kills the server, or signals the run. */
async function whenStaging(
  staging: string,
  child: ChildProcess,
  serverPid?: number,
  signal?: NodeJS.Signals,
): Promise<void> {
  while (child.exitCode === null) {
    let size = 0;
    try {
      for (const entry of readdirSync(staging, { withFileTypes: true, recursive: true }))
        if (entry.isFile()) size += statSync(join(entry.parentPath, entry.name)).size;
    } catch {
      size = 0; // not there yet, or a file has just gone
    }
    if (size > 6000) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (serverPid !== undefined) process.kill(serverPid, 'SIGKILL');
  if (signal !== undefined) child.kill(signal);
}
