import { describe, expect, it } from 'vitest';

import { takeLock } from '../../src/lake/lock.ts';
import { s3Storage } from '../../src/storage/s3/s3-storage.ts';
import { STILL } from '../lake/locked-layout.ts';
import { s3Available } from '../servers/s3.ts';
import { s3Buckets } from './s3-buckets.ts';
import { faultyS3, PASSING, s3Error } from './s3-faults.ts';

const NAME = '_panorama/lock.json';

describe.skipIf(!s3Available())('the lock of a lake in S3', () => {
  const buckets = s3Buckets();
  const faulty = faultyS3(buckets);

  it.each(PASSING)('takes, keeps and releases it through %s at each write', async (_, fault) => {
    const { storage, options, inject, met } = await faulty();
    const direct = s3Storage(options);
    inject('PutObject', fault);
    const lock = await takeLock(storage, { clock: STILL });
    inject('PutObject', fault);
    await lock.keep(['a']);
    inject('PutObject', fault);
    await lock.renew();
    inject('PutObject', fault);
    await lock.release();
    expect(met()).toBe(4);
    expect(lock.lost.aborted).toBe(false);
    const next = await takeLock(direct, { clock: STILL });
    expect(next.journals).toEqual(['a']);
    await next.release();
  });

  it('is not undone by a release that arrives when another run holds it', async () => {
    const { storage, options, inject, proxy } = await faulty({ patience: { attempts: 1, idleTimeout: 100 } });
    const direct = s3Storage(options);
    const lock = await takeLock(storage, { clock: STILL });
    inject('PutObject', { kind: 'delay', milliseconds: 1000 });
    await lock.release();
    const other = await takeLock(direct, { lifeOf: () => 'gone', clock: STILL });
    const late = proxy.calls.find(({ fault }) => fault === 'delay')!;
    await expect.poll(() => late.status, { timeout: 10_000 }).toBe(412);
    await other.renew();
    await other.release();
  });

  it('is not lost to a sign of life that arrives late', async () => {
    const { storage, inject } = await faulty({ patience: { attempts: 1, idleTimeout: 100 } });
    const lock = await takeLock(storage);
    inject('PutObject', { kind: 'delay', milliseconds: 300 });
    await expect(lock.renew()).rejects.toMatchObject({ code: 'lake-unreachable' });
    await lock.keep(['a']);
    await lock.renew();
    expect(JSON.parse((await storage.read(NAME))!.bytes.toString())).toMatchObject({ journals: ['a'] });
    expect(lock.lost.aborted).toBe(false);
    await lock.release();
  });

  it('can be relied on with this store', async () => {
    const { storage } = await faulty();
    const lock = await takeLock(storage, { clock: STILL });
    expect(await lock.isSafe()).toBe(true);
    await lock.release();
  });

  it('removes without a condition where the store knows none', async () => {
    const { storage, inject } = await faulty({ patience: { attempts: 1 } });
    await storage.putIf('a', Buffer.from('x'), undefined);
    inject('DeleteObject', s3Error(501, 'NotImplemented'));
    await storage.remove('a', (await storage.version!('a'))!);
    expect(await storage.list('')).toEqual([]);
  });
});
