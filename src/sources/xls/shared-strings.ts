import type { Archive } from './archive.ts';
import { readXml, unescapeText } from './xml.ts';

/** The texts of a workbook, which cells name by number: one after another as UTF-8, for they can be millions. */
export interface SharedStrings {
  readonly count: number;
  /** Undefined where there is none of that number. */
  get(index: number): string | undefined;
}

const MOST_BYTES = 1 << 30;

/** @throws PanoramaError `file-syntax` */
export async function readSharedStrings(
  archive: Archive,
  part: string | undefined,
  signal?: AbortSignal,
): Promise<SharedStrings> {
  const pool = new StringPool();
  if (part === undefined) return pool;
  const item = new TextCollector();
  const handler = {
    open: (name: string) => item.open(name),
    text: (text: string) => item.add(text),
    close(name: string) {
      item.close(name);
      if (name !== 'si') return;
      if (!pool.add(item.take())) throw archive.fail('its texts have more than 1 GB');
    },
  };
  for await (const _ of readXml(archive, part, handler, signal)) continue;
  return pool;
}

/** Collects the text of an item of rich text: its `t` elements, but for those that tell how it is pronounced. */
export class TextCollector {
  #text = '';
  #inText = false;
  #phonetic = 0;

  open(name: string): void {
    if (name === 'rPh') this.#phonetic++;
    this.#inText = name === 't' && this.#phonetic === 0;
  }

  add(text: string): void {
    if (this.#inText) this.#text += text;
  }

  close(name: string): void {
    if (name === 'rPh') this.#phonetic--;
    if (name === 't') this.#inText = false;
  }

  /** The text so far; the collector is empty afterwards. */
  take(): string {
    const text = unescapeText(this.#text);
    this.#text = '';
    return text;
  }
}

class StringPool implements SharedStrings {
  count = 0;
  #bytes: Buffer = Buffer.allocUnsafe(1 << 16);
  #used = 0;
  #ends = new Uint32Array(1 << 10);

  /** False where the texts are too many. */
  add(text: string): boolean {
    const size = Buffer.byteLength(text);
    if (this.#used + size > MOST_BYTES) return false;
    if (this.#used + size > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#used + size));
      larger.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = larger;
    }
    this.#used += this.#bytes.write(text, this.#used);
    if (this.count === this.#ends.length) {
      const larger = new Uint32Array(this.count * 2);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    this.#ends[this.count++] = this.#used;
    return true;
  }

  get(index: number): string | undefined {
    if (!(index >= 0 && index < this.count)) return undefined;
    return this.#bytes.toString('utf8', index === 0 ? 0 : this.#ends[index - 1], this.#ends[index]);
  }
}
