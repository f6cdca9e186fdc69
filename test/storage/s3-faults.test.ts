import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { s3Storage } from '../../src/storage/s3/s3-storage.ts';
import type { Staged, Storage } from '../../src/storage/storage.ts';
import type { Fault } from '../servers/fault-proxy.ts';
import { s3Available } from '../servers/s3.ts';
import { s3Buckets } from './s3-buckets.ts';
import { faultyS3, type Operation, PASSING, s3Error } from './s3-faults.ts';

const MB = 1 << 20;
const ALWAYS = Infinity;
const LOST: Fault = { kind: 'lost answer' };

const body = Buffer.alloc(19 * MB, createHash('sha512').update('body').digest());
for (let at = 0; at < body.length; at += 4096) body.writeUInt32LE(at, at);

async function stage(storage: Storage, name: string, bytes: Buffer): Promise<Staged> {
  const writer = await storage.stage(name);
  try {
    for (let at = 0; at < bytes.length; at += MB) await writer.write(bytes.subarray(at, at + MB));
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function publish(storage: Storage, name: string, bytes: Buffer): Promise<void> {
  await storage.commit(await stage(storage, name, bytes));
}

const small = Buffer.from('x');

describe.skipIf(!s3Available())('S3 over a network with faults', () => {
  const buckets = s3Buckets();
  const open = faultyS3(buckets);

  describe('a conditional write', () => {
    it.each(PASSING)('is told once what became of it, in spite of %s', async (_, fault) => {
      const { storage, inject, met } = await open();
      inject('PutObject', fault, 2);
      const first = await storage.putIf('state', Buffer.from('1'), undefined);
      expect(await storage.read('state')).toEqual({ bytes: Buffer.from('1'), token: first });
      inject('PutObject', fault, 2);
      const second = await storage.putIf('state', Buffer.from('2'), first);
      expect(await storage.read('state')).toEqual({ bytes: Buffer.from('2'), token: second });
      inject('PutObject', fault, 2);
      expect(await storage.putIf('state', Buffer.from('3'), first)).toBeUndefined();
      expect(await storage.putIf('state', Buffer.from('4'), undefined)).toBeUndefined();
      expect(await storage.read('state')).toEqual({ bytes: Buffer.from('2'), token: second });
      // A slow answer is one all the same: then each write was one request.
      expect(met()).toBe(fault.kind === 'slow answer' ? 4 : 6);
    });

    it('finds its own bytes also where the question after them is not answered at once', async () => {
      const { storage, inject, asked } = await open();
      inject('PutObject', LOST, 2);
      inject('HeadObject', LOST, 2);
      const token = await storage.putIf('state', Buffer.from('1'), undefined);
      expect(await storage.read('state')).toEqual({ bytes: Buffer.from('1'), token });
      expect(asked().slice(0, -1)).toEqual([
        ...Array.from({ length: 3 }, () => 'PutObject'),
        ...Array.from({ length: 3 }, () => 'HeadObject'),
      ]);
    });

    it('tells the same bytes of another from its own', async () => {
      const { storage, options, proxy } = await open();
      const other = s3Storage(options);
      let theirs: string | undefined;
      proxy.rule = async () => {
        theirs ??= await other.putIf('lock', small, undefined);
        return undefined;
      };
      expect(await storage.putIf('lock', small, undefined)).toBeUndefined();
      expect(await other.read('lock')).toEqual({ bytes: small, token: theirs });
    });

    it('is a conflict where its bytes were replaced before it heard of them', async () => {
      const { storage, options, proxy } = await open();
      const other = s3Storage(options);
      let theirs: string | undefined;
      proxy.rule = async () => {
        const mine = await other.read('state');
        if (mine === undefined) return LOST;
        theirs ??= await other.putIf('state', Buffer.from('theirs'), mine.token);
        return undefined;
      };
      expect(await storage.putIf('state', Buffer.from('mine'), undefined)).toBeUndefined();
      expect(await other.read('state')).toEqual({ bytes: Buffer.from('theirs'), token: theirs });
    });

    it('that arrives late, after it was repeated, does no harm', async () => {
      const { storage, inject, proxy } = await open({ patience: { idleTimeout: 100 } });
      inject('PutObject', { kind: 'delay', milliseconds: 300 });
      const first = await storage.putIf('state', Buffer.from('1'), undefined);
      const second = await storage.putIf('state', Buffer.from('2'), first);
      await expect.poll(() => proxy.calls[0]!.status).toBe(412);
      expect(await storage.read('state')).toEqual({ bytes: Buffer.from('2'), token: second });
    });
  });

  describe('an object', () => {
    it.each([
      ['from memory', 64 * MB],
      ['out of temporary files', MB],
    ])('has its parts sent again %s after breaks and lost answers', async (_, memory) => {
      const { storage, inject, met, asked } = await open({ memory });
      inject('UploadPart', { kind: 'broken request', share: 0.4 }, 2);
      inject('UploadPart', LOST, 2);
      inject('UploadPart', s3Error(400, 'IncompleteBody'), 2);
      await publish(storage, 'object', body);
      expect(met()).toBe(6);
      expect(asked().filter((operation) => operation === 'UploadPart')).toHaveLength(3 + 6);
      expect((await storage.read('object'))!.bytes.equals(body)).toBe(true);
    });

    it('whose beginning was not answered leaves an upload without parts, which sweeping removes', async () => {
      const { storage, options, inject } = await open();
      inject('CreateMultipartUpload', LOST, 2);
      const staged = await stage(storage, 'object', small);
      expect(await buckets.pending(options.bucket)).toEqual(['object', 'object', 'object']);
      const next = s3Storage(options);
      await next.sweepStaged(new Set([staged.handle]), () => true);
      expect(await buckets.pending(options.bucket)).toEqual(['object']);
      await next.commit(staged);
      expect(await next.read('object')).toMatchObject({ bytes: small });
      expect(await buckets.pending(options.bucket)).toEqual([]);
    });

    it('that is given up leaves no part that was still on its way', async () => {
      const { storage, options, inject, proxy } = await open();
      const writer = await storage.stage('object');
      inject('UploadPart', { kind: 'delay', milliseconds: 200, share: 0.5 }, 2);
      await writer.write(body);
      await expect.poll(() => proxy.calls.map(({ bytes }) => bytes)).toEqual([0, 8 * MB, 8 * MB]);
      await writer.abort();
      await sleep(400);
      expect(await buckets.pending(options.bucket)).toEqual([]);
    });

    it.each([
      ['that says so', []],
      ['that has forgotten the upload', [s3Error(404, 'NoSuchUpload')]],
      ['that is busy and has forgotten it then', [s3Error(503, 'SlowDown'), s3Error(404, 'NoSuchUpload')]],
    ])('is committed by a request whose answer was lost, at a store %s', async (_, then) => {
      const { storage, options, inject } = await open();
      await publish(s3Storage(options), 'object', Buffer.from('old'));
      const staged = await stage(storage, 'object', small);
      for (const fault of [LOST, ...then]) inject('CompleteMultipartUpload', fault);
      await storage.commit(staged);
      await storage.commit(staged);
      expect(await storage.read('object')).toMatchObject({ bytes: small });
    });

    it('that was given up is not taken for the one another put there', async () => {
      const { storage, inject } = await open();
      const staged = await stage(storage, 'object', small);
      await storage.abort(staged);
      await publish(storage, 'object', small);
      inject('CompleteMultipartUpload', s3Error(404, 'NoSuchUpload'));
      await expect(storage.commit(staged)).rejects.toMatchObject({
        code: 'lake-unwritable',
        message: expect.stringMatching(/NoSuchUpload/),
      });
    });

    it.each(['InternalError', 'SlowDown'])(
      'is not taken for committed where the answer begins well and ends with %s',
      async (code) => {
        const { storage, options, inject, asked } = await open();
        const staged = await stage(storage, 'object', small);
        inject('CompleteMultipartUpload', s3Error(200, code), 2);
        await storage.commit(staged);
        expect(await s3Storage(options).read('object')).toMatchObject({ bytes: small });
        expect(asked().filter((operation) => operation === 'CompleteMultipartUpload')).toHaveLength(3);
      },
    );

    it('is gone after a removal whose answer was lost, and after giving up likewise', async () => {
      const { storage, options, inject, met } = await open();
      await publish(storage, 'object', small);
      inject('DeleteObject', LOST, 2);
      await storage.remove('object');
      const staged = await stage(storage, 'other', small);
      inject('AbortMultipartUpload', LOST, 2);
      await storage.abort(staged);
      expect(met()).toBe(4);
      expect(await storage.list('')).toEqual([]);
      expect(await buckets.pending(options.bucket)).toEqual([]);
    });

    it('is read whole or not at all, wherever the answers break off', async () => {
      const { storage, inject, asked } = await open({ patience: { attempts: 3 } });
      const large = body.subarray(0, 3 * MB);
      await publish(storage, 'object', large);
      inject('GetObject', { kind: 'broken answer', share: 0.1 });
      inject('GetObject', { kind: 'broken answer', share: 0.999 });
      expect((await storage.read('object'))!.bytes.equals(large)).toBe(true);
      inject('GetObject', { kind: 'broken answer', share: 0.5 }, 3);
      await expect(storage.read('object')).rejects.toMatchObject({ code: 'lake-unreachable' });
      expect(asked().filter((operation) => operation === 'GetObject')).toHaveLength(6);
    });

    it('is read where it comes slowly, and asked for again where it stops coming', async () => {
      const { storage, inject, met } = await open({ patience: { attempts: 3, idleTimeout: 300 } });
      await storage.putIf('object', body.subarray(0, MB), undefined);
      inject('GetObject', { kind: 'slow answer', pieces: 100, pause: 5 });
      inject('GetObject', { kind: 'slow answer', pieces: 2, pause: 1000 });
      for (let time = 0; time < 2; time++)
        expect((await storage.read('object'))!.bytes.equals(body.subarray(0, MB))).toBe(true);
      expect(met()).toBe(2);
    });
  });

  describe('a fault without end', () => {
    const endless: readonly [string, Fault][] = [
      ['503 SlowDown', s3Error(503, 'SlowDown')],
      ['409 OperationAborted', s3Error(409, 'OperationAborted')],
      ['broken requests', { kind: 'broken request', share: 0.5 }],
      ['lost answers', LOST],
      ['broken answers', { kind: 'broken answer', share: 0.5 }],
      ['silence', { kind: 'silence' }],
    ];
    const ANSWERED_BY_STATUS = new Set<Operation>(['PutObject', 'AbortMultipartUpload']);
    const steps: readonly [Operation, (storage: Storage, staged: Staged) => Promise<unknown>][] = [
      ['GetObject', (storage) => storage.read('there')],
      ['ListObjectsV2', (storage) => storage.list('')],
      ['ListMultipartUploads', (storage) => storage.sweepStaged(new Set(), () => true)],
      ['PutObject', (storage) => storage.putIf('new', small, undefined)],
      ['DeleteObject', (storage) => storage.remove('there')],
      ['CreateMultipartUpload', (storage) => stage(storage, 'new', small)],
      ['UploadPart', (storage) => stage(storage, 'new', small)],
      ['CompleteMultipartUpload', (storage, staged) => storage.commit(staged)],
      ['AbortMultipartUpload', (storage, staged) => storage.abort(staged)],
    ];

    it.each(
      endless.flatMap(([name, fault]) => steps.map(([step, act]) => [name, step, fault, act] as const)),
    )(
      'of the kind %s fails %s after its attempts, and all can be put right after it',
      async (_, operation, fault, act) => {
        const { storage, options, inject, asked } = await open({
          patience: { attempts: 3, ...(fault.kind === 'silence' && { idleTimeout: 100 }) },
        });
        const healthy = s3Storage({ ...options, patience: {} });
        await healthy.putIf('there', small, undefined);
        const staged = await stage(healthy, 'staged', small);
        inject(operation, fault, ALWAYS);
        // That an earlier attempt did it is known from the status, which comes before the answer breaks off.
        const answered = fault.kind === 'broken answer' && ANSWERED_BY_STATUS.has(operation);
        if (answered) await act(storage, staged);
        else await expect(act(storage, staged)).rejects.toMatchObject({ code: 'lake-unreachable' });
        expect(asked().filter((one) => one === operation)).toHaveLength(3);
        // What was begun is given up at once, where it is known that it was.
        if (operation !== 'CreateMultipartUpload')
          expect(await buckets.pending(options.bucket)).not.toContain('new');

        if (operation === 'CompleteMultipartUpload') await healthy.commit(staged);
        await healthy.sweepStaged(new Set(), () => true);
        expect(await buckets.pending(options.bucket)).toEqual([]);
        const there = (await healthy.list('')).sort();
        if (operation === 'CompleteMultipartUpload') expect(there).toEqual(['staged', 'there']);
        else if (operation !== 'PutObject' && operation !== 'DeleteObject') expect(there).toEqual(['there']);
      },
    );

    it('has the reason of the store in its message, and leaves nothing of many parts', async () => {
      const { storage, options, inject } = await open({ patience: { attempts: 3 } });
      inject('UploadPart', s3Error(503, 'SlowDown', 'Slower.'), ALWAYS, 1);
      await expect(publish(storage, 'object', body)).rejects.toMatchObject({
        code: 'lake-unreachable',
        message: `Cannot write s3://${options.bucket}/object: SlowDown: Slower.`,
      });
      expect(await buckets.pending(options.bucket)).toEqual([]);
      expect(await storage.list('')).toEqual([]);
    });

    it('is not waited for where credentials expired in the middle of an object', async () => {
      const { storage, options, inject, asked } = await open();
      inject('UploadPart', s3Error(400, 'ExpiredToken', 'It has expired.'), ALWAYS);
      await expect(publish(storage, 'object', small)).rejects.toMatchObject({
        code: 'lake-access-denied',
        message: expect.stringMatching(/ExpiredToken: It has expired\.$/),
        hint: expect.stringMatching(/^Renew the credentials/),
      });
      expect(asked().filter((operation) => operation === 'UploadPart')).toHaveLength(1);
      expect(await buckets.pending(options.bucket)).toEqual([]);
    });

    it('is not waited for after a signal', async () => {
      const stop = new AbortController();
      const { storage, options, inject, asked } = await open({
        signal: stop.signal,
        patience: { grace: 50 },
      });
      const writer = await storage.stage('object');
      inject('UploadPart', { kind: 'silence' }, ALWAYS);
      await writer.write(body.subarray(0, 17 * MB));
      const finish = writer.finish();
      await expect.poll(() => asked().filter((operation) => operation === 'UploadPart').length).toBe(3);
      stop.abort();
      await expect(finish).rejects.toMatchObject({ code: 'interrupted' });
      await expect((await storage.stage('next')).write(small)).rejects.toMatchObject({ code: 'interrupted' });
      await writer.abort();
      expect(await buckets.pending(options.bucket)).toEqual([]);
      // What puts things right goes on.
      expect(await storage.read('object')).toBeUndefined();
    });
  });
});
