import { Budget } from './budget.ts';
import type { S3Connection } from './client.ts';
import { ObjectWriter } from './object-writer.ts';
import { PartBuffer } from './part-buffer.ts';

export interface UploadsOptions {
  readonly memory: number;
  readonly spillFolder: string;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the n-th part of an object, from 1; by default {@link growingPartSize}. */
  readonly partSize?: (part: number) => number;
}

/**
 * The objects that one storage is staging, and their common memory: when it is exceeded, the largest of the buffers
 * that have not yet enough for a part go to temporary files.
 */
export class Uploads {
  readonly connection: S3Connection;
  readonly budget: Budget;
  readonly partSize: (part: number) => number;
  /** Bytes that went to temporary files so far. */
  spilled = 0;
  readonly #spillFolder: string;
  readonly #writers = new Set<ObjectWriter>();
  #relieving: Promise<void> = Promise.resolve();
  #interrupted: Error | undefined;

  constructor(connection: S3Connection, options: UploadsOptions) {
    this.connection = connection;
    this.partSize = options.partSize ?? growingPartSize;
    this.budget = new Budget(options.memory, this.partSize(1));
    this.#spillFolder = options.spillFolder;
    if (options.signal?.aborted) this.#interrupt();
    options.signal?.addEventListener('abort', () => this.#interrupt(), { once: true });
  }

  open(name: string): ObjectWriter {
    const writer = new ObjectWriter(name, this);
    this.#writers.add(writer);
    if (this.#interrupted !== undefined) writer.fail(this.#interrupted);
    return writer;
  }

  close(writer: ObjectWriter): void {
    this.#writers.delete(writer);
    if (this.#writers.size === 0) this.budget.dropSpare();
  }

  buffer(): PartBuffer {
    return new PartBuffer(this.budget, this.#spillFolder);
  }

  /**
   * Makes room for so many more bytes, as far as there are buffers to give any.
   * @throws PanoramaError `lake-full`, `lake-unwritable`
   */
  async relieve(bytes = 0): Promise<void> {
    const tooMuch = (): boolean => this.budget.held + bytes > this.budget.memory;
    if (!tooMuch()) return;
    const turn = this.#relieving.then(async () => {
      if (tooMuch()) this.budget.dropSpare();
      while (tooMuch()) {
        let fullest: ObjectWriter | undefined;
        for (const writer of this.#writers) if (writer.inMemory > (fullest?.inMemory ?? 0)) fullest = writer;
        if (fullest === undefined) return;
        this.spilled += fullest.inMemory;
        await fullest.spill();
      }
    });
    this.#relieving = turn.catch(() => {});
    return turn;
  }

  #interrupt(): void {
    this.#interrupted = Object.assign(new Error('The run was interrupted.'), { name: 'AbortError' });
    for (const writer of this.#writers) writer.fail(this.#interrupted);
  }
}

/** Parts but the last have 5 MiB or more, and an object has 10,000 parts at most. */
const PART = 8 << 20;

/** 8 MiB for the first thousand parts, twice as much for each further thousand: 10,000 parts have 7.8 TiB. */
export function growingPartSize(part: number): number {
  return PART * 2 ** Math.floor((part - 1) / 1000);
}
