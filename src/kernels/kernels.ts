import { readFileSync } from 'node:fs';

/**
 * The functions compiled from `assembly/` to WebAssembly: what is done to every cell. An address is a number of bytes
 * into {@link memory}, unsigned, so `>>> 0` stands behind every call that answers one. What each kernel does is
 * said where it is written.
 */
interface Kernels {
  allocate(size: number): number;
  free(address: number): void;
  reallocate(address: number, size: number): number;
  move(to: number, from: number, size: number): void;
  getBadRow(): number;
  getBadColumn(): number;
  getRejected(): number;
  decodeRows(receiver: number): number;
  simpleRows(state: number): void;
  booleans: EncodeBits;
  int32s: EncodeCells;
  int64s: EncodeCells;
  dates: EncodeCells;
  timestamps: EncodeCells;
  float32s: EncodeCells;
  float64s: EncodeCells;
  decimal32s: EncodeCells;
  decimal64s: EncodeCells;
  decimal128s: EncodeCells;
  findBadText(starts: number, lengths: number, from: number, to: number): number;
  plainSize(lengths: number, from: number, to: number): number;
  rowsWithin(lengths: number, from: number, to: number, bytes: number): number;
  plainTexts(
    starts: number,
    lengths: number,
    from: number,
    to: number,
    out: number,
    utf8: number,
    bounds: number,
  ): number;
  addLevels(lengths: number, from: number, to: number, bitmap: number, bit: number): number;
  countNulls(lengths: number, from: number, to: number): number;
  writeHybrid(values: number, count: number, width: number, out: number): number;
  newDictionary(maxBytes: number, maxEntries: number, utf8: number, bounds: number): number;
  addToDictionary(dictionary: number, starts: number, lengths: number, from: number, to: number): number;
  plainFromDictionary(dictionary: number, out: number): number;
  endDictionaryPage(dictionary: number): void;
  takeDictionary(dictionary: number): number;
  clearDictionary(dictionary: number): void;
  csvRows(
    columns: number,
    count: number,
    from: number,
    to: number,
    out: number,
    limit: number,
    sure: number,
  ): number;
  csvRowSize(columns: number, count: number, row: number): number;
  findBadCell(
    kind: number,
    precision: number,
    scale: number,
    starts: number,
    lengths: number,
    from: number,
    to: number,
  ): number;
  csvEnd(): number;
  writeText(start: number, length: number, out: number): number;
  newPartitionKeys(): number;
  freePartitionKeys(keys: number): void;
  numberRows(
    keys: number,
    columns: number,
    count: number,
    rows: number,
    numbers: number,
    firstRows: number,
  ): number;
  countRows(numbers: number, rows: number, counts: number): void;
  sumCounts(counts: number, count: number, begins: number): void;
  placeRows(numbers: number, rows: number, next: number): void;
  scatterCells(
    starts: number,
    lengths: number,
    rows: number,
    places: number,
    outStarts: number,
    outLengths: number,
  ): void;
  pieceSize(columns: number, count: number, from: number, to: number): number;
  writePiece(columns: number, count: number, from: number, to: number, out: number): void;
  pieceStarts(piece: number, count: number, starts: number): number;
  cellBytes(lengths: number, from: number, to: number): number;
}

/** Encodes the cells of rows and answers how many are not NULL, or -1 (`assembly/fixed.ts`). */
export type EncodeCells = (
  starts: number,
  lengths: number,
  from: number,
  to: number,
  out: number,
  bounds: number,
  precision: number,
  scale: number,
  width: number,
) => number;

type EncodeBits = (
  starts: number,
  lengths: number,
  from: number,
  to: number,
  out: number,
  bit: number,
  bounds: number,
) => number;

/** What is used of the global object, which the types of Node do not describe. */
const { Memory, Module, Instance } = (
  globalThis as unknown as {
    WebAssembly: {
      Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => {
        readonly buffer: SharedArrayBuffer;
      };
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object, imports: object) => { readonly exports: object };
    };
  }
).WebAssembly;

/** Pages of 64 kB: what memory begins with, and all that 32-bit addresses reach, less 32 MB so that no sum wraps. */
const FIRST_PAGES = 64;
const MOST_PAGES = 65_024;

/**
 * The memory of all batches, pages and tables. It is a shared one because that can grow without taking the views of
 * before away; it is used by one thread.
 */
export const memory = new Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES, shared: true });

const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The double nearest to a number in any form that MySQL prints, or NaN. */
function nearestDouble(start: number, length: number): number {
  const text = bytesAt(start >>> 0, length).toString('latin1');
  const value = FLOAT.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : NaN;
}

/** The address of this module. */
export const loadedFrom = import.meta.url;

const REGISTER = Symbol.for('panorama-elt.kernels');
const shared = globalThis as { [REGISTER]?: Set<string> };

/** The addresses of all modules like this one in the process: each installation of the package has a memory of its own. */
export const loadedKernels: ReadonlySet<string> = (shared[REGISTER] ??= new Set()).add(loadedFrom);

const compiled = new Module(readFileSync(new URL('kernels.wasm', import.meta.url)));
const instance = new Instance(compiled, { env: { memory }, host: { parseFloat: nearestDouble } });

export const kernels = instance.exports as unknown as Kernels;

let whole = Buffer.from(memory.buffer);

/** All of the memory as bytes. It grows: keep what lies at an address, not this. */
export function allBytes(): Buffer {
  if (whole.length !== memory.buffer.byteLength) whole = Buffer.from(memory.buffer);
  return whole;
}

/** A view of `length` bytes. */
export function bytesAt(address: number, length: number): Buffer {
  return Buffer.from(memory.buffer, address, length);
}

/** What {@link allocate} throws: there is no block of so many bytes. The heap is as it was. */
export class OutOfMemory extends Error {
  constructor(size: number) {
    super(`no block of ${size} bytes`);
  }
}

/** The largest block of AssemblyScript's heap (std/assembly/rt/tlsf.ts, BLOCK_MAXSIZE). */
const LARGEST_BLOCK = 2 ** 30 - 16;

/** Takes memory; its content is whatever was there before. To be given back with {@link free}. @throws OutOfMemory */
export function allocate(size: number): number {
  if (size > LARGEST_BLOCK) throw new OutOfMemory(size);
  try {
    return kernels.allocate(size) >>> 0;
  } catch {
    throw new OutOfMemory(size);
  }
}

/** Gives memory back; 0 is no memory. */
export function free(address: number): void {
  kernels.free(address);
}

/** Memory of another size with what stood there before; the old address is void. @throws OutOfMemory */
export function reallocate(address: number, size: number): number {
  if (size > LARGEST_BLOCK) throw new OutOfMemory(size);
  try {
    return kernels.reallocate(address, size) >>> 0;
  } catch {
    throw new OutOfMemory(size);
  }
}

/** Sets bytes to zero. */
export function clear(address: number, size: number): void {
  allBytes().fill(0, address, address + size);
}

export function readUint32(address: number): number {
  return allBytes().readUInt32LE(address);
}

export function writeUint32(address: number, value: number): void {
  allBytes().writeUInt32LE(value, address);
}
