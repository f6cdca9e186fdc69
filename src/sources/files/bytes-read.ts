/** Adds up how many bytes of files were read that are opened one after another; for progress. */
export class BytesRead {
  #finished = 0;
  #current: () => number = () => 0;

  /** As `track` of ChunkOptions: a file is opened, and the one before is done with. */
  readonly track = (bytesRead: () => number): void => {
    this.#finished = this.total;
    this.#current = bytesRead;
  };

  get total(): number {
    return this.#finished + this.#current();
  }

  /** Begins again. */
  reset(): void {
    this.#finished = 0;
    this.#current = () => 0;
  }
}
