import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { PanoramaError } from '../../errors.ts';

/**
 * What an object has of its next part beyond memory: a temporary file without a name, so that it is gone when it
 * is closed or the process dies, and nobody else can open it.
 * Every method throws PanoramaError `lake-full` or `lake-unwritable`.
 */
export class PartFile {
  readonly #folder: string;
  readonly #file: Promise<FileHandle>;
  /** The bytes that were appended, those on their way there included. */
  bytes = 0;
  #appending: Promise<void>;

  /** @param folder is made, for this user only, where it is not there */
  constructor(folder: string) {
    this.#folder = folder;
    this.#file = this.#step(async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `part-${process.pid}-${randomUUID().slice(0, 8)}`);
      const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW;
      const file = await open(path, flags, 0o600);
      await unlink(path);
      return file;
    });
    this.#appending = this.#file.then(() => {});
    this.#appending.catch(() => {});
  }

  /** Appends chunks, which are in use until it resolves. After a failure all further steps fail. */
  append(chunks: readonly Uint8Array[]): Promise<void> {
    let position = this.bytes;
    for (const chunk of chunks) this.bytes += chunk.length;
    this.#appending = this.#appending.then(() =>
      this.#step(async () => {
        const file = await this.#file;
        for (const chunk of chunks) {
          for (let done = 0; done < chunk.length;) {
            const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position);
            done += bytesWritten;
            position += bytesWritten;
          }
        }
      }),
    );
    this.#appending.catch(() => {});
    return this.#appending;
  }

  /** Fills the beginning of `memory` with all that was appended. */
  async read(memory: Buffer): Promise<void> {
    await this.#appending;
    const file = await this.#file;
    for (let done = 0; done < this.bytes;) {
      const { bytesRead } = await file.read(memory, done, this.bytes - done, done);
      if (bytesRead === 0)
        throw new PanoramaError('internal', 'A temporary file is shorter than it was written.');
      done += bytesRead;
    }
  }

  /** All that was appended, from the beginning; as often as it is asked for. */
  async stream(): Promise<Readable> {
    await this.#appending;
    const file = await this.#file;
    return file.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 << 10 });
  }

  async close(): Promise<void> {
    await this.#appending.catch(() => {});
    const file = await this.#file.catch(() => undefined);
    await file?.close();
  }

  async #step<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const full = code === 'ENOSPC' || code === 'EDQUOT';
      throw new PanoramaError(
        full ? 'lake-full' : 'lake-unwritable',
        `Cannot write a temporary file in ${this.#folder}: ${message}.`,
        {
          cause,
          hint: 'What waits to be uploaded goes there when it does not fit into memory. Set TMPDIR to a folder with room.',
        },
      );
    }
  }
}
