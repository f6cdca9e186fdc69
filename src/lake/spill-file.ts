import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { PanoramaError } from '../errors.ts';

/** Small pieces are gathered into writes of this size. */
const CHUNK = 2 << 20;

/**
 * A temporary file without a name: it is gone when it is closed or the process dies, and nobody else can open it.
 * Every method throws PanoramaError `lake-full` or `lake-unwritable`.
 */
export class SpillFile {
  readonly #folder: string;
  #file: FileHandle | undefined;
  /** Where the open chunk will lie. */
  #position = 0;
  #chunk: Buffer | undefined;
  #used = 0;
  readonly #spare: Buffer[] = [];
  #writing: Promise<void> = Promise.resolve();

  /** @param folder is made when the file is needed */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where in the file the next bytes will lie. */
  get position(): number {
    return this.#position + this.#used;
  }

  /** Appends bytes, which are copied or, where they are many, in use until {@link flush} resolves. */
  async write(bytes: Buffer): Promise<void> {
    if (bytes.length > CHUNK / 4) {
      await this.#flush();
      return this.#begin(bytes);
    }
    if (this.#used + bytes.length > CHUNK) await this.#flush();
    this.#chunk ??= this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
    this.#chunk.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Waits until all that was written is in the file. */
  async flush(): Promise<void> {
    await this.#flush();
    await this.#writing;
  }

  /** Fills `memory` with the bytes from a position on. */
  async read(position: number, memory: Buffer): Promise<void> {
    for (let done = 0; done < memory.length;) {
      const { bytesRead } = await this.#file!.read(memory, done, memory.length - done, position + done);
      if (bytesRead === 0)
        throw new PanoramaError('internal', 'A temporary file is shorter than it was written.');
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#file?.close();
    this.#file = undefined;
  }

  async #flush(): Promise<void> {
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    const used = this.#used;
    this.#chunk = undefined;
    this.#used = 0;
    await this.#begin(chunk.subarray(0, used), () => this.#spare.push(chunk));
  }

  /** Begins to write, when the write before is done. The next write or flush() sees the error. */
  async #begin(bytes: Buffer, done: () => void = () => {}): Promise<void> {
    const position = this.#position;
    this.#position += bytes.length;
    await this.#writing;
    this.#writing = this.#write(bytes, position).then(done);
    this.#writing.catch(() => {});
  }

  async #write(bytes: Buffer, position: number): Promise<void> {
    await this.#step(async () => {
      this.#file ??= await this.#open();
      for (let done = 0; done < bytes.length;)
        done += (await this.#file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    });
  }

  async #open(): Promise<FileHandle> {
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, `spill-${process.pid}-${randomUUID().slice(0, 8)}`);
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW;
    const file = await open(path, flags, 0o600);
    await unlink(path);
    return file;
  }

  async #step(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const text = `Cannot write the temporary file of a partitioned table in ${this.#folder}: ${message}.`;
      const full = code === 'ENOSPC' || code === 'EDQUOT';
      throw new PanoramaError(full ? 'lake-full' : 'lake-unwritable', text, { cause });
    }
  }
}
