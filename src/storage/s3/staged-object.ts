import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';

import { PanoramaError } from '../../errors.ts';
import { sideBySide } from '../../side-by-side.ts';
import type { Staged } from '../storage.ts';
import type { S3Connection } from './client.ts';
import { isMissing, storeCode } from './errors.ts';

/** The name of the metadata that tells whose bytes an object has: a random text for each time it is written. */
export const STAGED = 'panorama-staged';

/** Requests for different objects that are under way at the same time. */
const WIDTH = 16;

/** A part that the store has: its ETag and, where it was sent with one, its checksum. */
export type Part = readonly [etag: string, crc32?: string];

/** What must be known of a multipart upload to complete it. */
export interface Handle {
  readonly upload: string;
  readonly id: string;
  readonly parts: readonly Part[];
}

export function encodeHandle(handle: Handle): string {
  return JSON.stringify(handle);
}

function decodeHandle(text: string): Handle | undefined {
  try {
    const handle = JSON.parse(text) as Partial<Handle> | null;
    return typeof handle?.upload === 'string' && Array.isArray(handle.parts) ? (handle as Handle) : undefined;
  } catch {
    return undefined;
  }
}

/** Makes a staged object visible; no error where an earlier call did so. */
export async function completeUpload(connection: S3Connection, staged: Staged): Promise<void> {
  const { upload, id, parts } = handleOf(staged);
  const s3 = await connection.client();
  try {
    await s3.completeMultipartUpload({
      Bucket: connection.bucket,
      Key: staged.name,
      UploadId: upload,
      MultipartUpload: {
        Parts: parts.map(([ETag, ChecksumCRC32], i) => ({
          PartNumber: i + 1,
          ETag,
          ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }),
        })),
      },
    });
  } catch (error) {
    // An upload that is no more was completed, perhaps by a request whose answer was lost, or given up.
    if (!isGone(error)) throw connection.failure('write', staged.name, error);
    const there = await headObject(connection, staged.name);
    if (there?.id !== id) throw connection.failure('write', staged.name, error);
  }
}

/** Removes a multipart upload and its parts; no error where it is gone. */
export async function abortUpload(connection: S3Connection, name: string, upload: string): Promise<void> {
  const s3 = await connection.client();
  try {
    await s3.abortMultipartUpload({ Bucket: connection.bucket, Key: name, UploadId: upload });
  } catch (error) {
    if (!isGone(error)) throw connection.failure('remove', name, error);
  }
}

/** {@link abortUpload} for a staged object. */
export async function abortStaged(connection: S3Connection, staged: Staged): Promise<void> {
  return abortUpload(connection, staged.name, handleOf(staged).upload);
}

/** Aborts all pending uploads under names that are ours, except those of the given handles, if it still may. */
export async function sweepUploads(
  connection: S3Connection,
  keep: ReadonlySet<string>,
  isOurs: (name: string) => boolean,
  still?: () => Promise<void>,
): Promise<void> {
  const kept = new Set([...keep].map((handle) => decodeHandle(handle)?.upload));
  const dead: { name: string; upload: string }[] = [];
  for await (const { name, upload } of pendingUploads(connection))
    if (isOurs(name) && !kept.has(upload)) dead.push({ name, upload });
  await still?.();
  await sideBySide(dead, WIDTH, ({ name, upload }) => abortUpload(connection, name, upload));
}

/** Where a page of multipart uploads begins. */
interface UploadsMarker {
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
}

/** All multipart uploads below a prefix that are neither completed nor aborted. */
export async function* pendingUploads(
  connection: S3Connection,
  prefix = '',
): AsyncGenerator<{ name: string; upload: string }> {
  for (let from: UploadsMarker | undefined = {}; from !== undefined;) {
    const page: ListMultipartUploadsCommandOutput = await uploadsPage(connection, prefix, from);
    for (const { Key, UploadId } of page.Uploads ?? []) yield { name: Key!, upload: UploadId! };
    from = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker!, UploadIdMarker: page.NextUploadIdMarker! }
      : undefined;
  }
}

async function uploadsPage(
  connection: S3Connection,
  prefix: string,
  from: UploadsMarker,
): Promise<ListMultipartUploadsCommandOutput> {
  const s3 = await connection.client();
  const { KeyMarker, UploadIdMarker } = from;
  try {
    return await s3.listMultipartUploads({
      Bucket: connection.bucket,
      ...(prefix !== '' && { Prefix: prefix }),
      ...from,
    });
  } catch (error) {
    // versitygw 1.8 refuses the marker of an upload that it gave itself. Without it some uploads are left out: those
    // under the name of the marker that are on no page yet. They come when the ones before them are gone.
    if (KeyMarker === undefined || UploadIdMarker === undefined || storeCode(error) !== 'InvalidArgument')
      throw connection.failure('list', undefined, error);
    return uploadsPage(connection, prefix, { KeyMarker });
  }
}

/** What tells an object from others under its name, or undefined where there is none. */
export async function headObject(
  connection: S3Connection,
  name: string,
): Promise<{ id: string | undefined; etag: string } | undefined> {
  const s3 = await connection.client();
  try {
    const { Metadata, ETag } = await s3.headObject({ Bucket: connection.bucket, Key: name });
    return { id: Metadata?.[STAGED], etag: ETag! };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw connection.failure('read', name, error);
  }
}

function isGone(error: unknown): boolean {
  return ['NoSuchUpload', '404'].includes(storeCode(error));
}

function handleOf(staged: Staged): Handle {
  const handle = decodeHandle(staged.handle);
  if (handle !== undefined) return handle;
  throw new PanoramaError('internal', `The staged object ${staged.name} was not staged in S3.`);
}
