/** Requests with a body that are under way at the same time; those of small files mostly wait for the store. */
const REQUESTS = 16;

/** Used memory that is kept for the next bodies: asking the system for new one costs as much as filling it. */
const SPARE = 4;

interface Waiting {
  readonly bytes: number;
  readonly begin: () => void;
}

/**
 * The memory of all objects that are being staged, counted: what waits in their buffers, and the bodies of requests
 * under way, which get half of it at most.
 */
export class Budget {
  readonly memory: number;
  /** Bytes in buffers and bodies. */
  held = 0;
  /** The most that was ever held. */
  peak = 0;
  #requests = 0;
  #bodies = 0;
  readonly #waiting: Waiting[] = [];
  readonly #usual: number;
  #spare: Buffer[] = [];

  /** @param usual the bytes of most bodies */
  constructor(memory: number, usual: number) {
    this.memory = memory;
    this.#usual = usual;
  }

  hold(bytes: number): void {
    this.held += bytes;
    this.peak = Math.max(this.peak, this.held);
  }

  release(bytes: number): void {
    this.held -= bytes;
  }

  /** Memory for a body, with bytes of any kind in it; it is held. */
  allocate(bytes: number): Buffer {
    const spare = bytes === this.#usual ? this.#spare.pop() : undefined;
    if (spare !== undefined) return spare;
    this.hold(bytes);
    return Buffer.allocUnsafeSlow(bytes);
  }

  /** Takes memory back that came from {@link allocate} and that nobody uses any more. */
  reuse(memory: Buffer): void {
    if (memory.length === this.#usual && this.#spare.length < SPARE) this.#spare.push(memory);
    else this.release(memory.length);
  }

  /** Gives up the memory that is kept for the next bodies. */
  dropSpare(): void {
    this.release(this.#spare.length * this.#usual);
    this.#spare = [];
  }

  /** Waits for the turn of a request whose body has so many bytes; {@link end} follows. */
  begin(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ bytes, begin: resolve });
      this.#next();
    });
  }

  end(bytes: number): void {
    this.#requests--;
    this.#bodies -= bytes;
    this.#next();
  }

  #next(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const fits = this.#bodies === 0 || this.#bodies + first.bytes <= this.memory / 2;
      if (!fits || this.#requests >= REQUESTS) return;
      this.#waiting.shift();
      this.#requests++;
      this.#bodies += first.bytes;
      first.begin();
    }
  }
}
