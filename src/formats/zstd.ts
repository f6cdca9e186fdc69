import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';

/** Compresses whole blocks of bytes as Zstandard frames. */
export interface Zstd {
  /** In a thread of the pool; `bytes` must stay as it is until the promise is settled. */
  compress(bytes: Uint8Array): Promise<Uint8Array>;
  compressSync(bytes: Uint8Array): Uint8Array;
}

/** What `node:zlib` has from Node 22.15 on. */
interface ZlibZstd {
  zstdCompress(
    bytes: Uint8Array,
    options: object,
    done: (error: Error | null, result: Uint8Array) => void,
  ): void;
  zstdCompressSync(bytes: Uint8Array, options: object): Uint8Array;
  constants: { ZSTD_c_compressionLevel: number };
}

/**
 * Zstandard from the native add-on, which is quicker than what Node has (less copying) and there for Node 20; from
 * Node itself on platforms that the add-on does not come for.
 */
export function zstd(level: number): Zstd {
  try {
    return addOn(level);
  } catch (error) {
    if ('zstdCompress' in zlib) return builtIn(level);
    throw error;
  }
}

/** From Node itself, 22.15 or newer. */
export function builtIn(level: number): Zstd {
  const node = zlib as unknown as ZlibZstd;
  const options = (bytes: Uint8Array) => ({
    params: { [node.constants.ZSTD_c_compressionLevel]: level },
    // One output buffer for the whole result: one trip to the thread pool. The result is copied out of it,
    // for it would keep all of it alive.
    chunkSize: bytes.length + (bytes.length >> 7) + 1024,
  });
  return {
    compress: (bytes) =>
      new Promise((resolve, reject) => {
        node.zstdCompress(bytes, options(bytes), (error, result) => {
          if (error === null) resolve(Buffer.from(result));
          else reject(error);
        });
      }),
    compressSync: (bytes) => Buffer.from(node.zstdCompressSync(bytes, options(bytes))),
  };
}

/** From the native add-on, loaded when it is asked for. */
export function addOn(level: number): Zstd {
  const require = createRequire(import.meta.url);
  const { Encoder } = require('@toondepauw/node-zstd') as typeof import('@toondepauw/node-zstd');
  const encoder = new Encoder(level);
  return {
    compress: (bytes) => encoder.encode(asBuffer(bytes)),
    compressSync: (bytes) => encoder.encodeSync(asBuffer(bytes)),
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
