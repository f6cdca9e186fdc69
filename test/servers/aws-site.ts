import { S3 } from '@aws-sdk/client-s3';

import { type AwsServer, awsAvailable, startAws } from './aws.ts';
import { awsEnvironment } from './aws-environment.ts';
import { s3Available, type S3Server, type S3User, startS3 } from './s3.ts';

/** S3, Glue and Athena with a bucket, a database and a work group. */
export interface AwsSite {
  readonly s3: S3Server;
  readonly aws: AwsServer;
  /** A plain client of S3 with all rights. */
  readonly sdk: S3;
  /** The AWS_* variables of one who may do all. */
  readonly env: Readonly<Record<string, string>>;
  /** Those of one who may do no more in the bucket than these actions. */
  makeUser(actions: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /** Names of the objects in the bucket below a prefix. */
  objects(prefix?: string): Promise<string[]>;
  /** Names of the tables and views in the database. */
  tables(): Promise<string[]>;
  /** Names of the views that statements of Athena made or dropped since the last time this was asked. */
  newViews(): string[];
  stop(): Promise<void>;
}

export interface AwsSiteOptions {
  readonly bucket: string;
  readonly database: string;
  readonly workgroup: string;
  /** Of the one who may do all. */
  readonly keys?: Pick<S3User, 'accessKey' | 'secretKey'>;
}

/** True where {@link startAwsSite} can start. */
export const awsSiteAvailable = (): boolean => s3Available() && awsAvailable();

export async function startAwsSite({ bucket, database, workgroup, keys }: AwsSiteOptions): Promise<AwsSite> {
  const [s3, aws] = await Promise.all([startS3(keys), startAws()]);
  await s3.makeBucket(bucket);
  await aws.glue.createDatabase({ DatabaseInput: { Name: database } });
  await aws.makeWorkgroup(workgroup, 's3://results/');
  const { accessKey, secretKey, region, endpoint } = s3;
  const sdk = new S3({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });
  const envOf = (user: Pick<S3User, 'accessKey' | 'secretKey'>): Record<string, string> =>
    awsEnvironment({
      ...user,
      region,
      endpoints: { S3: endpoint, GLUE: aws.endpoint, ATHENA: aws.endpoint },
    });
  let told = 0;
  return {
    s3,
    aws,
    sdk,
    env: envOf(s3),
    makeUser: async (actions) => envOf(await s3.makeUser(bucket, actions)),
    async objects(prefix = '') {
      const { Contents = [] } = await sdk.listObjectsV2({ Bucket: bucket, Prefix: prefix });
      return Contents.map(({ Key }) => Key!);
    },
    async tables() {
      const { TableList = [] } = await aws.glue.getTables({ DatabaseName: database });
      return TableList.map(({ Name }) => Name!).sort();
    },
    newViews() {
      const calls = aws.calls.slice(told);
      told = aws.calls.length;
      return calls
        .filter(({ action }) => action === 'StartQueryExecution')
        .flatMap(
          ({ request }) =>
            /^(?:CREATE OR REPLACE|DROP) VIEW (?:IF EXISTS )?"([^"]+)"/.exec(
              String(request['QueryString']),
            )?.[1] ?? [],
        );
    },
    async stop() {
      sdk.destroy();
      await Promise.all([s3.stop(), aws.stop()]);
    },
  };
}
