import { createHash } from 'node:crypto';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { connectS3 } from '../../src/storage/s3/client.ts';
import { storageOver } from '../../src/storage/s3/s3-storage.ts';
import { growingPartSize, Uploads, type UploadsOptions } from '../../src/storage/s3/uploads.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { s3Available } from '../servers/s3.ts';
import { tempDir } from '../temp-dir.ts';
import { s3Buckets } from './s3-buckets.ts';

const MB = 1 << 20;

describe.skipIf(!s3Available())('memory of uploads to S3', () => {
  const buckets = s3Buckets();
  const folder = tempDir();
  let counter = 0;

  async function open(
    options: Partial<UploadsOptions>,
  ): Promise<{ storage: Storage; uploads: Uploads; bucket: string; spillFolder: string }> {
    const spillFolder = join(folder, String(counter++));
    const { bucket, ...access } = await buckets.fresh();
    const connection = connectS3({ ...access, bucket });
    const uploads = new Uploads(connection, { memory: 64 * MB, spillFolder, ...options });
    return { storage: storageOver(connection, uploads), uploads, bucket, spillFolder };
  }

  /** How many temporary files of the folder this process has open. */
  async function openFiles(spillFolder: string): Promise<number> {
    const links = (await readdir('/proc/self/fd')).map((fd) =>
      readlink(`/proc/self/fd/${fd}`).catch(() => ''),
    );
    return (await Promise.all(links)).filter((path) => path.startsWith(spillFolder)).length;
  }

  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

  /** Bytes that differ from writer to writer and along the object. */
  function bytesOf(writer: number, length: number): Buffer {
    const bytes = Buffer.alloc(length, createHash('sha512').update(String(writer)).digest());
    for (let at = 0; at + 4 <= length; at += 4096) bytes.writeUInt32LE(at, at);
    return bytes;
  }

  it('keeps 300 open objects of 300 kB within it, the rest in files that are gone at the end', async () => {
    const { storage, uploads, spillFolder } = await open({ memory: 32 * MB });
    const writers = await Promise.all(Array.from({ length: 300 }, (_, i) => storage.stage(`t/k=${i}/t.csv`)));
    const hashes = writers.map(() => createHash('sha256'));
    let mostFiles = 0;
    for (let round = 0; round < 6; round++) {
      for (const [i, writer] of writers.entries()) {
        const chunk = bytesOf(i * 6 + round, 50_000);
        hashes[i]!.update(chunk);
        await writer.write(chunk);
      }
      mostFiles = Math.max(mostFiles, await openFiles(spillFolder));
    }
    expect(uploads.spilled).toBeGreaterThan(300 * 300_000 - 32 * MB - 1);
    expect(mostFiles).toBeGreaterThan(100);
    expect(await readdir(spillFolder), 'files have no name that could stay').toEqual([]);

    const staged = await Promise.all(writers.map((writer) => writer.finish()));
    expect(uploads.budget.peak).toBeLessThanOrEqual(33 * MB);
    expect(uploads.budget.held).toBe(0);
    expect(await openFiles(spillFolder)).toBe(0);
    for (const i of [0, 17, 150, 299]) {
      await storage.commit(staged[i]!);
      expect(sha256((await storage.read(`t/k=${i}/t.csv`))!.bytes)).toBe(hashes[i]!.digest('hex'));
    }
  });

  it('needs no file where memory is enough, and carries 100 MB unharmed', async () => {
    const { storage, uploads, spillFolder } = await open({});
    const writer = await storage.stage('large');
    const hash = createHash('sha256');
    for (let i = 0; i < 400; i++) {
      const chunk = bytesOf(i, MB / 4);
      hash.update(chunk);
      await writer.write(chunk);
    }
    await storage.commit(await writer.finish());
    expect(uploads.spilled).toBe(0);
    await expect(readdir(spillFolder)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(uploads.budget.peak).toBeLessThanOrEqual(64 * MB);
    expect(uploads.budget.held).toBe(0);
    const { bytes } = (await storage.read('large'))!;
    expect(bytes.length).toBe(100 * MB);
    expect(sha256(bytes)).toBe(hash.digest('hex'));
  });

  it.each([
    ['that fit', 24 * MB],
    ['that do not fit, out of their files', 9 * MB],
  ])('sends parts %s side by side from many writers, whole and in order', async (_, memory) => {
    const { storage, uploads } = await open({ memory, partSize: () => 5 * MB });
    const sent = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const writer = await storage.stage(`object-${i}`);
        const bytes = bytesOf(i, 11 * MB + i);
        for (let at = 0; at < bytes.length; at += 700_001)
          await writer.write(bytes.subarray(at, at + 700_001));
        await storage.commit(await writer.finish());
        return sha256(bytes);
      }),
    );
    // Whoever writes at the same time has its chunk on top.
    expect(uploads.budget.peak).toBeLessThanOrEqual(memory + 8 * MB);
    expect(uploads.budget.held).toBe(0);
    for (const [i, hash] of sent.entries())
      expect(sha256((await storage.read(`object-${i}`))!.bytes)).toBe(hash);
  });

  it('gives memory, files and uploads back when objects are given up', async () => {
    const { storage, uploads, bucket, spillFolder } = await open({ memory: 9 * MB, partSize: () => 5 * MB });
    const writers = await Promise.all(Array.from({ length: 20 }, (_, i) => storage.stage(`object-${i}`)));
    await Promise.all(writers.map((writer, i) => writer.write(bytesOf(i, 6 * MB))));
    expect(await openFiles(spillFolder)).toBeGreaterThan(0);
    await Promise.all(writers.map((writer) => writer.abort()));
    expect(uploads.budget.held).toBe(0);
    expect(await openFiles(spillFolder)).toBe(0);
    expect(await buckets.pending(bucket)).toEqual([]);
    expect(await storage.list('')).toEqual([]);
  });

  it('says that the temporary files cannot be written, and every object whose bytes are lost fails', async () => {
    const { storage, uploads, bucket } = await open({ memory: 1000, spillFolder: '/dev/null/here' });
    const first = await storage.stage('first');
    await first.write(Buffer.alloc(900));
    const second = await storage.stage('second');
    const problem = { code: 'lake-unwritable', message: expect.stringContaining('/dev/null/here') };
    await expect(second.write(Buffer.alloc(200))).rejects.toMatchObject(problem);
    await expect(first.finish()).rejects.toMatchObject(problem);
    await Promise.all([first.abort(), second.abort()]);
    expect(uploads.budget.held).toBe(0);
    expect(await buckets.pending(bucket)).toEqual([]);
  });
});

describe('the sizes of parts', () => {
  it('hold 5 TiB in 10,000 parts, none larger than 5 GiB, small ones first', () => {
    let total = 0;
    for (let part = 1; part <= 10_000; part++) {
      const size = growingPartSize(part);
      expect(size).toBeLessThanOrEqual(5 * 1024 * MB);
      expect(size).toBeGreaterThanOrEqual(8 * MB);
      total += size;
    }
    expect(total).toBeGreaterThan(5 * 1024 * 1024 * MB);
    expect(growingPartSize(1000)).toBe(8 * MB);
  });
});
