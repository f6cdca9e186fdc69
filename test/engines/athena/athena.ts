import type { Table } from '@aws-sdk/client-glue';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';

import { athenaEngine } from '../../../src/engines/athena/athena-engine.ts';
import type { AthenaOptions } from '../../../src/engines/athena/options.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { tablePath } from '../../../src/lake/hive-layout.ts';
import { type AwsServer, startAws } from '../../servers/aws.ts';

/** Glue and Athena for the tests of one file, with a database of its own for each test. */
export interface AthenaFixture {
  readonly aws: AwsServer;
  readonly database: string;
  readonly engine: Engine;
  /** Those of the engine. */
  options(): AthenaOptions;
  /** An engine over the same database that is ended by the signal. */
  open(signal: AbortSignal): Engine;
  /** A table of the catalog as it is; undefined where there is none. */
  table(name: string): Promise<Table | undefined>;
  /** Values and places of a table's partitions, in the order of the places. */
  partitions(name: string): Promise<{ values: string[]; location: string }[]>;
}

/** `s3://lake/` stands for the root of the lake, of which the catalog reads nothing. */
export function athenaFixture(): AthenaFixture {
  let aws: AwsServer;
  let engine: Engine;
  let made = 0;
  const database = (): string => `db${made}`;
  const options = (): AthenaOptions => ({
    region: aws.region,
    credentials: { accessKeyId: aws.accessKey, secretAccessKey: aws.secretKey },
    database: database(),
    workgroup: 'primary',
    outputLocation: 's3://results/',
    locate: (name) => `s3://lake/${name}`,
    tablePath,
  });
  beforeAll(async () => {
    aws = await startAws();
    Object.assign(process.env, aws.env);
  });
  afterAll(() => aws?.stop());
  beforeEach(async () => {
    made++;
    await aws.glue.createDatabase({ DatabaseInput: { Name: database() } });
    engine = athenaEngine(options());
    aws.newActions();
  });
  afterEach(async () => {
    aws.setRule(undefined);
    await engine.close();
  });
  return {
    get aws() {
      return aws;
    },
    get database() {
      return database();
    },
    get engine() {
      return engine;
    },
    options,
    open: (signal) => athenaEngine({ ...options(), signal }),
    async table(Name) {
      const { TableList = [] } = await aws.glue.getTables({ DatabaseName: database() });
      return TableList.find((table) => table.Name === Name);
    },
    async partitions(TableName) {
      const { Partitions = [] } = await aws.glue.getPartitions({ DatabaseName: database(), TableName });
      const found = Partitions.map(({ Values = [], StorageDescriptor }) => ({
        values: Values,
        location: StorageDescriptor!.Location!,
      }));
      return found.sort((a, b) => (a.location < b.location ? -1 : 1));
    },
  };
}
