/**
 * Writes Thrift's compact protocol, as far as Parquet's metadata needs it.
 * Rules: apache/thrift, doc/specs/thrift-compact-protocol.md.
 */
export class ThriftWriter {
  #bytes: Buffer = Buffer.allocUnsafe(512);
  #length = 0;
  #lastId = 0;

  /** Everything written so far, as a copy; the writer is empty afterwards. */
  take(): Buffer {
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    this.#lastId = 0;
    return bytes;
  }

  /** A top-level struct: its fields, then the stop byte. */
  struct(fields: () => void): void {
    const outer = this.#lastId;
    this.#lastId = 0;
    fields();
    this.#byte(0);
    this.#lastId = outer;
  }

  boolField(id: number, value: boolean): void {
    this.#field(id, value ? 1 : 2);
  }

  byteField(id: number, value: number): void {
    this.#field(id, 3);
    this.#byte(value);
  }

  i32Field(id: number, value: number): void {
    this.#field(id, 5);
    this.#zigzag(value);
  }

  /** @param value an integer of magnitude below 2^52 */
  i64Field(id: number, value: number): void {
    this.#field(id, 6);
    this.#zigzag(value);
  }

  binaryField(id: number, value: Uint8Array): void {
    this.#field(id, 8);
    this.#binary(value);
  }

  stringField(id: number, value: string): void {
    this.binaryField(id, Buffer.from(value));
  }

  structField(id: number, fields: () => void): void {
    this.#field(id, 12);
    this.struct(fields);
  }

  i32ListField(id: number, values: readonly number[]): void {
    this.#field(id, 9);
    this.#list(5, values.length);
    for (const value of values) this.#zigzag(value);
  }

  stringListField(id: number, values: readonly string[]): void {
    this.#field(id, 9);
    this.#list(8, values.length);
    for (const value of values) this.#binary(Buffer.from(value));
  }

  structListField<T>(id: number, values: readonly T[], fields: (value: T) => void): void {
    this.#field(id, 9);
    this.#list(12, values.length);
    for (const value of values) this.struct(() => fields(value));
  }

  /** Field ids up to 15 beyond the last one share a byte with the type. */
  #field(id: number, type: number): void {
    const delta = id - this.#lastId;
    if (delta > 0 && delta <= 15) this.#byte((delta << 4) | type);
    else {
      this.#byte(type);
      this.#zigzag(id);
    }
    this.#lastId = id;
  }

  #list(type: number, size: number): void {
    if (size < 15) this.#byte((size << 4) | type);
    else {
      this.#byte(0xf0 | type);
      this.#varint(size);
    }
  }

  #binary(value: Uint8Array): void {
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  #zigzag(value: number): void {
    this.#varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      const quotient = Math.floor(rest / 128);
      this.#byte(128 + rest - quotient * 128);
      rest = quotient;
    }
    this.#byte(rest);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#length + size, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
