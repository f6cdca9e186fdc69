import { describe } from 'vitest';

import { connectS3 } from '../../src/storage/s3/client.ts';
import { s3Storage, storageOver } from '../../src/storage/s3/s3-storage.ts';
import { Uploads } from '../../src/storage/s3/uploads.ts';
import { layoutContract } from '../contracts/layout.ts';
import { lockedLayout } from '../lake/locked-layout.ts';
import { storageContract } from '../../src/contracts/storage.ts';
import { s3Available } from '../servers/s3.ts';
import { s3Buckets } from './s3-buckets.ts';

describe.skipIf(!s3Available())('S3', () => {
  const buckets = s3Buckets();

  storageContract('S3', async () => s3Storage(await buckets.fresh()), buckets.objectAt);

  // As with Amazon's endpoints: each part takes a checksum along, which is asked for again at the end.
  storageContract(
    'S3 with checksums of parts',
    async () => {
      const options = await buckets.fresh();
      const connection = { ...connectS3(options), checksum: { ChecksumAlgorithm: 'CRC32' } as const };
      return storageOver(connection, new Uploads(connection, { memory: 64 << 20, spillFolder: '/nowhere' }));
    },
    buckets.objectAt,
  );

  // Everything goes through temporary files and is sent out of them.
  storageContract(
    'S3 without memory',
    async () => s3Storage(await buckets.fresh({ memory: 2 })),
    buckets.objectAt,
  );

  layoutContract('hive in S3', lockedLayout, async () => {
    const options = await buckets.fresh();
    return () => s3Storage(options);
  });
});
