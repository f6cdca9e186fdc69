import type { Readable } from 'node:stream';

import type { Budget } from './budget.ts';
import { PartFile } from './part-file.ts';

/** The bytes of one part: first those in a temporary file, if memory was short, then chunks in memory. */
export class PartBuffer {
  readonly #budget: Budget;
  readonly #spillFolder: string;
  #file: PartFile | undefined;
  #chunks: Uint8Array[] = [];
  #inMemory = 0;
  #whole: Buffer | undefined;

  constructor(budget: Budget, spillFolder: string) {
    this.#budget = budget;
    this.#spillFolder = spillFolder;
  }

  get bytes(): number {
    return (this.#file?.bytes ?? 0) + this.#inMemory;
  }

  /** The bytes that {@link spill} would move. */
  get inMemory(): number {
    return this.#inMemory;
  }

  /** Appends a chunk, which belongs to the buffer from now on. */
  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#inMemory += chunk.length;
    this.#budget.hold(chunk.length);
  }

  /** Moves what is in memory to the file. @throws PanoramaError `lake-full`, `lake-unwritable` */
  async spill(): Promise<void> {
    const { chunks, bytes } = this.#take();
    try {
      this.#file ??= new PartFile(this.#spillFolder);
      await this.#file.append(chunks);
    } finally {
      this.#budget.release(bytes);
    }
  }

  /** All bytes in one piece, as which they are held from now on; {@link drop} follows. */
  async whole(): Promise<Uint8Array> {
    if (this.#file === undefined && this.#chunks.length === 1) return this.#chunks[0]!;
    const whole = this.#budget.allocate(this.bytes);
    this.#whole = whole;
    const { chunks, bytes } = this.#take();
    let at = whole.length - bytes;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    this.#budget.release(bytes);
    await this.#file?.read(whole);
    await this.#closeFile();
    return whole;
  }

  /** All bytes from the file, as often as it is asked for; {@link drop} follows. */
  async stream(): Promise<Readable> {
    if (this.#inMemory > 0) await this.spill();
    return this.#file!.stream();
  }

  /**
   * Gives memory and file back.
   * @param sent that nothing can still be reading the memory
   */
  async drop(sent = false): Promise<void> {
    this.#budget.release(this.#take().bytes);
    const whole = this.#whole;
    this.#whole = undefined;
    if (whole !== undefined) {
      if (sent) this.#budget.reuse(whole);
      else this.#budget.release(whole.length);
    }
    await this.#closeFile();
  }

  #take(): { chunks: readonly Uint8Array[]; bytes: number } {
    const taken = { chunks: this.#chunks, bytes: this.#inMemory };
    this.#chunks = [];
    this.#inMemory = 0;
    return taken;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
