import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { RunReport } from '../../src/pipeline/events.ts';
import { extractAndLoad } from '../../src/pipeline/run.ts';
import { type MysqlFaultProxy, startMysqlFaultProxy } from '../servers/mysql-fault-proxy.ts';
import type { DatabaseServer } from '../servers/server-process.ts';
import { SERVERS } from '../sources/mysql/both-servers.ts';
import { tempDir } from '../temp-dir.ts';
import { datasourceOf } from './datasource-of.ts';

describe.each(SERVERS)('a bit that is wrong under TLS: $kind', ({ start }) => {
  let server: DatabaseServer;
  let proxy: MysqlFaultProxy;
  let lake: string;
  let whole: Buffer;
  /** Bytes of a whole load. */
  let total: number;

  beforeAll(async () => {
    server = await start({ tls: true });
    await server.exec(`CREATE DATABASE lms; USE lms; CREATE TABLE many (id INT AUTO_INCREMENT PRIMARY KEY, body TEXT);
      INSERT INTO many (body) VALUES ('a'), ('b'), ('c'), ('d'), ('e'), ('f'), ('g'), ('h'), ('i'), ('j');
      INSERT INTO many (body) SELECT REPEAT(a.body, 400) FROM many a, many b, many c;`);
    proxy = await startMysqlFaultProxy(server.port);
    lake = join(tempDir(), 'lake');
    proxy.flip = Infinity;
    expect((await load()).exit).toBe(0);
    whole = readFileSync(join(lake, 'many/many.csv'));
    total = proxy.bytes;
    expect(total).toBeGreaterThan(400_000);
  });
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });
  beforeEach(() => {
    lake = join(tempDir(), 'lake');
    proxy.struck = 0;
  });

  const load = (): Promise<RunReport> =>
    extractAndLoad({
      settings: {
        datalake: { type: 'local', path: lake, format: 'csv', layout: 'hive', basePartitions: [] },
        datasources: [
          {
            ...datasourceOf(server, 'lms'),
            port: proxy.port,
            jobs: 1,
            ssl: { mode: 'verify', verify: true, ca: server.tls!.ca },
            connectTimeout: 1_000,
            readTimeout: 1_000,
            retryPause: 1,
          },
        ],
      },
      selection: { all: true },
    });

  it.each([0.01, 0.25, 0.5, 0.75, 0.99])('at %d of what comes: all comes whole', async (share) => {
    proxy.flip = Math.floor(total * share);
    const report = await load();
    expect(proxy.struck).toBe(1);
    expect([report.exit, report.failures]).toEqual([0, []]);
    expect(readFileSync(join(lake, 'many/many.csv')).equals(whole)).toBe(true);
  });

  it.each([2, 100, 200, 1000, 1500])(
    'in byte %i, while the connection is made: all comes whole',
    async (place) => {
      proxy.flip = place;
      const report = await load();
      expect(proxy.struck).toBe(1);
      expect([report.exit, report.failures]).toEqual([0, []]);
      expect(readFileSync(join(lake, 'many/many.csv')).equals(whole)).toBe(true);
    },
  );
});
