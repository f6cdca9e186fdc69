import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mariadbAvailable, mariadbProgram, type MariadbServer, startMariadb } from '../servers/mariadb.ts';
import { tempDir } from '../temp-dir.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const page = await readFile(join(PROJECT, 'docs/how-to/any-mysql.md'), 'utf8');

interface Block {
  readonly section: string;
  readonly language: string;
  readonly text: string;
}

/** The blocks of code of the page in their order, each with the title it stands under. */
const blocks: Block[] = page.split(/^## /m).flatMap((part) =>
  Array.from(part.matchAll(/^```(\w+)\n(.*?)^```$/gms), ([, language, text]) => ({
    section: part.slice(0, part.indexOf('\n')),
    language: language!,
    text: text!,
  })),
);

/** Shell blocks with what the page says that they print. */
const shells = blocks.flatMap(({ section, language, text }, index) => {
  const next = blocks[index + 1];
  return language === 'sh'
    ? [{ section, text, prints: next?.language === 'text' ? next.text : undefined }]
    : [];
});

const named = (language: string): Map<string, string> =>
  new Map(
    blocks.flatMap((block) => {
      const name = /^(?:#|--) (\S+)\n/.exec(block.text)?.[1];
      return block.language === language && name !== undefined ? [[name, block.text] as const] : [];
    }),
  );

describe.skipIf(!mariadbAvailable())('any MySQL: the page as it is written', () => {
  const folder = tempDir();
  let main: MariadbServer;
  let replica: MariadbServer;

  const run = (script: string, env: Readonly<Record<string, string>> = {}) =>
    promisify(execFile)('sh', ['-e', '-c', script], {
      cwd: folder,
      env: {
        ...process.env,
        PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
        HOME: '/nonexistent',
        ...env,
      },
    });
  const passwords = (): Record<string, string> => ({
    SHOP_PASSWORD: 'of-the-shop',
    CRM_PASSWORD: 'of-the-crm',
    NORTH_PASSWORD: 'of-the-north',
    SOUTH_PASSWORD: 'of-the-south',
  });

  /** The hosts of the page are those that the tests have started. */
  function serverOf(host: string): MariadbServer {
    if (['db.example.com', 'north-db.example.com'].includes(host)) return main;
    if (['crm.example.com', 'replica.example.com', 'south-db.example.com'].includes(host)) return replica;
    throw new Error(`the page names a host that is not known here: ${host}`);
  }

  const reader = (password: string, database: string): string =>
    `CREATE USER IF NOT EXISTS '${database}-reader'@'%' IDENTIFIED BY '${password}';
     GRANT SELECT ON ${database}.* TO '${database}-reader'@'%';`;

  beforeAll(async () => {
    [main, replica] = await Promise.all([
      startMariadb({ args: ['--server-id=1', '--log-bin=log', '--binlog-format=ROW'] }),
      // What only this host has does not come from the other.
      startMariadb({ args: ['--server-id=2', '--replicate-do-db=shop'] }),
    ]);
    const sql = named('sql');
    await replica.exec(`CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${main.port}, MASTER_USER='${main.user}',
      MASTER_PASSWORD='${main.password}', MASTER_USE_GTID=slave_pos; START SLAVE;`);
    await main.exec(`CREATE DATABASE shop; USE shop; ${sql.get('shop.sql')!}
      CREATE DATABASE edxapp; USE edxapp; CREATE TABLE auth_user (id INT PRIMARY KEY, username VARCHAR(150), password VARCHAR(128));
      INSERT INTO auth_user VALUES (1, 'ada', 'secret'), (2, 'bob', 'secret');
      ${reader('of-the-shop', 'shop')} ${reader('of-the-north', 'edxapp')}`);
    await replica.exec(`CREATE DATABASE crm; USE crm; ${sql.get('crm.sql')!}
      CREATE DATABASE edxapp; USE edxapp; CREATE TABLE auth_user (id INT PRIMARY KEY, username VARCHAR(150), password VARCHAR(128));
      INSERT INTO auth_user VALUES (1, 'eve', 'secret');
      ${reader('of-the-shop', 'shop')} ${reader('of-the-crm', 'crm')} ${reader('of-the-south', 'edxapp')}
      GRANT REPLICA MONITOR ON *.* TO 'shop-reader'@'%';`);
    for (const [name, text] of named('yaml'))
      await writeFile(
        join(folder, name),
        text
          .replace(/mysql_host: (\S+)/g, (_, host: string) => {
            const { port } = serverOf(host);
            return `mysql_host: 127.0.0.1\n    mysql_port: ${port}`;
          })
          .replace(/mysql_username: reader([^]*?mysql_database: )(\w+)/g, 'mysql_username: $2-reader$1$2'),
      );
    const bin = join(folder, 'bin');
    await mkdir(bin);
    const programs = {
      panorama: `exec '${process.execPath}' '${join(PROJECT, 'bin/panorama.js')}' "$@"`,
      'mariadb-dump': `exec '${mariadbProgram('mariadb-dump')}' --no-defaults --socket='${main.socket}' --user=root "$@"`,
    };
    for (const [name, line] of Object.entries(programs)) {
      await writeFile(join(bin, name), `#!/bin/sh\n${line}\n`);
      await chmod(join(bin, name), 0o755);
    }
  });

  afterAll(() => Promise.all([main?.stop(), replica?.stop()]));

  it('has blocks of each kind', () => {
    expect([...named('sql').keys(), ...named('yaml').keys()]).toEqual([
      'shop.sql',
      'crm.sql',
      'shop.yaml',
      'company.yaml',
      'crm.yaml',
      'north.yaml',
      'south.yaml',
      'replica.yaml',
    ]);
    expect(shells.filter(({ prints }) => prints !== undefined)).toHaveLength(6);
  });

  // Those of a replica come when it has something that the lake has not.
  it.each(shells.filter(({ section }) => section !== 'A read replica'))(
    '$section: $text',
    async ({ text, prints }) => {
      const { stdout } = await run(text, passwords());
      expect(stdout.replaceAll('\r\n', '\n')).toMatch(prints === undefined ? /^/ : endsWith(prints));
    },
  );

  it('a machine of a split installation needs no password but that of its own source', async () => {
    const settings = await readFile(join(folder, 'company.yaml'), 'utf8');
    await writeFile(join(folder, 'split.yaml'), settings.replace('${CRM_PASSWORD}', '${CRM_PASSWORD:-}'));
    await run('panorama --settings split.yaml extract-and-load --datasource shop', {
      SHOP_PASSWORD: 'of-the-shop',
    });
    await expect(
      run('panorama --settings company.yaml extract-and-load --datasource shop', {
        SHOP_PASSWORD: 'of-the-shop',
      }),
    ).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/CRM_PASSWORD is not set/) as string });
  });

  it('two sources of one table are refused, and nothing of it is written', async () => {
    const settings = await readFile(join(folder, 'company.yaml'), 'utf8');
    await writeFile(join(folder, 'both.yaml'), settings.replace('- name: leads', '- name: customers'));
    await expect(
      run('panorama --settings both.yaml extract-and-load --all', passwords()),
    ).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /The table customers comes from two data sources, shop and crm/,
      ) as string,
    });
  });

  it('a host that cannot be reached leaves the tables of the other', async () => {
    const settings = await readFile(join(folder, 'company.yaml'), 'utf8');
    await writeFile(
      join(folder, 'half.yaml'),
      settings
        .replace('path: ./lake', 'path: ./half')
        .replace(`mysql_port: ${replica.port}`, 'mysql_port: 1\n    mysql_retries: 0'),
    );
    await expect(
      run('panorama --settings half.yaml extract-and-load --all', passwords()),
    ).rejects.toMatchObject({ code: 3 });
    const { stdout } = await run(
      'panorama query --lake half --csv "SELECT count(*) FROM company_table_orders"',
    );
    expect(stdout).toMatch(/\r\n3\r\n$/);
  });

  it('a replica is loaded as it is by then', async () => {
    await main.exec(`INSERT INTO shop.orders VALUES (4, 2, 'PT', 1, '2026-03-03')`);
    const ask = async (server: MariadbServer, question: string): Promise<string> =>
      (
        await run(
          `'${mariadbProgram('mariadb')}' --no-defaults --socket='${server.socket}' --user=root -N -e "${question}"`,
        )
      ).stdout.trim();
    // The replica says itself when it has what the other has.
    const position = await ask(main, 'SELECT @@gtid_binlog_pos');
    expect(await ask(replica, `SELECT MASTER_GTID_WAIT('${position}', 60)`)).toBe('0');
    for (const { text, prints } of shells.filter(({ section }) => section === 'A read replica')) {
      const { stdout: printed } = await run(text, passwords());
      expect(printed.replaceAll('\r\n', '\n')).toMatch(endsWith(prints!));
    }
  });
});

/** The commands before the last one print, too. */
function endsWith(text: string): RegExp {
  return new RegExp(`(^|\n)${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}
