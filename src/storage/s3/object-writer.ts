import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';

import type { UploadPartCommandInput } from '@aws-sdk/client-s3';

import type { Staged, StagedWriter } from '../storage.ts';
import { repeatedly } from './client.ts';
import { isUnreachable } from './errors.ts';
import { PartBuffer } from './part-buffer.ts';
import { abortUpload, encodeHandle, type Part, STAGED } from './staged-object.ts';
import type { Uploads } from './uploads.ts';

/**
 * One object on its way, as a multipart upload that begins with the first bytes. A part is sent as soon as its bytes
 * are there, and the next ones are taken meanwhile.
 */
export class ObjectWriter implements StagedWriter {
  readonly #name: string;
  readonly #uploads: Uploads;
  readonly #id = randomUUID();
  readonly #stop = new AbortController();
  #failure: { readonly error: unknown } | undefined;
  #upload: Promise<string> | undefined;
  #bytes = 0;
  /** The part that is being gathered. */
  #buffer: PartBuffer;
  /** How many parts were complete so far; those that were sent are in the list. */
  #count = 0;
  readonly #parts: Part[] = [];
  readonly #sending = new Set<Promise<void>>();

  constructor(name: string, uploads: Uploads) {
    this.#name = name;
    this.#uploads = uploads;
    this.#buffer = uploads.buffer();
    // As many requests as there are parts under way listen to it.
    setMaxListeners(0, this.#stop.signal);
  }

  /** Bytes that {@link spill} would take out of memory. */
  get inMemory(): number {
    return this.#buffer.inMemory;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#check();
    if (chunk.length === 0) return;
    this.#begin();
    // A small view of a large buffer would keep all of that.
    const bytes = chunk.buffer.byteLength > 2 * chunk.length ? Buffer.from(chunk) : chunk;
    for (let at = 0; at < bytes.length;) {
      const size = this.#uploads.partSize(this.#count + 1);
      const piece = bytes.subarray(at, at + size - this.#buffer.bytes);
      at += piece.length;
      this.#bytes += piece.length;
      this.#buffer.add(piece);
      await this.#uploads.relieve();
      if (this.#buffer.bytes === size) await this.#sendPart();
    }
    this.#check();
  }

  async finish(): Promise<Staged> {
    this.#check();
    this.#begin();
    // An object has at least one part, which may be empty.
    if (this.#buffer.bytes > 0 || this.#count === 0) await this.#sendPart();
    await Promise.all(this.#sending);
    this.#check();
    this.#uploads.close(this);
    const handle = encodeHandle({ upload: await this.#upload!, id: this.#id, parts: this.#parts });
    return { name: this.#name, handle, bytes: this.#bytes };
  }

  async abort(): Promise<void> {
    this.fail(Object.assign(new Error('The upload was given up.'), { name: 'AbortError' }));
    await Promise.all(this.#sending);
    await this.#buffer.drop();
    this.#uploads.close(this);
    // Where it could not begin, nothing is left to end.
    const upload = await this.#upload?.catch(() => undefined);
    if (upload !== undefined) await abortUpload(this.#uploads.connection, this.#name, upload);
  }

  /**
   * Further calls fail with the first error. Parts under way may end: one that is cut off can still arrive, and if it
   * does after the upload was aborted, a store may keep it. Those that take too long are cut off all the same.
   */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    const timer = setTimeout(() => this.#stop.abort(), this.#uploads.connection.patience.grace);
    void Promise.allSettled(this.#sending).then(() => clearTimeout(timer));
  }

  /** Moves what is in memory of the part that is being gathered to a temporary file. */
  async spill(): Promise<void> {
    try {
      await this.#buffer.spill();
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  #check(): void {
    if (this.#failure !== undefined)
      throw this.#uploads.connection.failure('write', this.#name, this.#failure.error);
  }

  #begin(): void {
    if (this.#upload !== undefined) return;
    this.#upload = this.#create();
    this.#upload.catch((error: unknown) => this.fail(error));
  }

  /** It is not ended by {@link fail}: whether the store began an upload must be known. */
  async #create(): Promise<string> {
    const { connection } = this.#uploads;
    const s3 = await connection.client();
    const { UploadId } = await s3.createMultipartUpload({
      Bucket: connection.bucket,
      Key: this.#name,
      Metadata: { [STAGED]: this.#id },
      ...connection.checksum,
      ...connection.encryption,
    });
    return UploadId!;
  }

  /** Waits for the turn of the part that was gathered, and begins to send it. */
  async #sendPart(): Promise<void> {
    const { budget } = this.#uploads;
    const upload = await this.#upload!.catch(() => '');
    this.#check();
    const { bytes } = this.#buffer;
    // What does not fit into memory is sent out of its file.
    const inMemory = bytes <= budget.memory / 2;
    const body = inMemory ? bytes : 0;
    await budget.begin(body);
    if (this.#failure !== undefined) {
      budget.end(body);
      this.#check();
    }
    const buffer = this.#buffer;
    this.#buffer = this.#uploads.buffer();
    const number = ++this.#count;
    const sending = this.#send(upload, number, buffer, inMemory)
      .then(
        () => buffer.drop(true),
        (error: unknown) => {
          this.fail(error);
          return buffer.drop();
        },
      )
      .finally(() => {
        this.#sending.delete(sending);
        budget.end(body);
      });
    this.#sending.add(sending);
  }

  async #send(upload: string, number: number, buffer: PartBuffer, inMemory: boolean): Promise<void> {
    const { connection } = this.#uploads;
    const { bytes } = buffer;
    const request = {
      Bucket: connection.bucket,
      Key: this.#name,
      UploadId: upload,
      PartNumber: number,
      ContentLength: bytes,
      ...connection.checksum,
    };
    if (inMemory) {
      if (buffer.inMemory < bytes) await this.#uploads.relieve(bytes);
      this.#parts[number - 1] = await this.#put({ ...request, Body: await buffer.whole() });
    } else {
      this.#parts[number - 1] = await repeatedly(
        connection.patience,
        async () => this.#put({ ...request, Body: await buffer.stream() }),
        isUnreachable,
        this.#stop.signal,
      );
    }
  }

  async #put(request: UploadPartCommandInput): Promise<Part> {
    const s3 = await this.#uploads.connection.client();
    const { ETag, ChecksumCRC32 } = await s3.uploadPart(request, { abortSignal: this.#stop.signal });
    return ChecksumCRC32 === undefined ? [ETag!] : [ETag!, ChecksumCRC32];
  }
}
