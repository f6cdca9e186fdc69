const WORD = (1n << 64n) - 1n;

/** One word of `hashBytes` (assembly/dictionary.ts). */
function mix(hash: bigint, word: bigint): bigint {
  const product = ((hash ^ word) * 0xff51afd7ed558ccdn) & WORD;
  return product ^ (product >> 32n);
}

/**
 * Byte strings of 16 bytes that the hash of dictionaries and partition keys does not tell apart: the second word
 * undoes what the first did. They are ASCII where that is asked for.
 */
export function equalHashes(count: number, ascii = false): Buffer[] {
  const seed = (16n * 0x9e3779b97f4a7c15n) & WORD;
  const target = 0x0123456789abcdefn;
  const found: Buffer[] = [];
  for (let i = 1n; found.length < count; i++) {
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(i & 0x7f7f7f7fn);
    bytes.writeBigUInt64LE(mix(seed, i & 0x7f7f7f7fn) ^ target, 8);
    if ((i & ~0x7f7f7f7fn) === 0n && (!ascii || bytes.every((byte) => byte < 128))) found.push(bytes);
  }
  return found;
}
