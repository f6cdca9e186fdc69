import type { Cell } from './cells.ts';

/** The largest payload of one packet (MySQL protocol documentation, "Protocol::Packet"). */
export const LARGEST = 0xffffff;

/** A number as the protocol encodes lengths. @param bytes how many bytes it takes behind the first one */
export function encodedLength(
  value: number,
  bytes = value < 251 ? 0 : value < 65_536 ? 2 : value <= LARGEST ? 3 : 8,
) {
  if (bytes === 0) return Buffer.from([value]);
  const out = Buffer.alloc(1 + bytes);
  out[0] = { 2: 0xfc, 3: 0xfd, 8: 0xfe }[bytes]!;
  out.writeUIntLE(value, 1, Math.min(bytes, 6));
  return out;
}

/** The payload of a row ("Text Resultset Row"). */
export function rowPayload(cells: readonly Cell[]): Buffer {
  return Buffer.concat(
    cells.flatMap((cell) => {
      if (cell === null) return [Buffer.from([0xfb])];
      const bytes = Buffer.from(cell);
      return [encodedLength(bytes.length), bytes];
    }),
  );
}

/** A payload in as many packets as it needs. */
export function packets(payload: Uint8Array, sequence = 1): Buffer {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let number = sequence; ; number++) {
    const part = payload.subarray(at, at + LARGEST);
    const header = Buffer.alloc(4);
    header.writeUIntLE(part.length, 0, 3);
    header[3] = number & 255;
    parts.push(header, part);
    at += part.length;
    if (part.length < LARGEST) return Buffer.concat(parts);
  }
}

export const rowPackets = (rows: readonly (readonly Cell[])[]): Buffer =>
  Buffer.concat(rows.map((row, i) => packets(rowPayload(row), i + 5)));

/** A copy of packets with numbers that follow each other, the last one perhaps cut off; and the number after them. */
export function numbered(stream: Uint8Array, first: number): { bytes: Buffer; next: number } {
  const bytes = Buffer.from(stream);
  let next = first;
  for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readUIntLE(at, 3), next++)
    bytes[at + 3] = next & 255;
  return { bytes, next: next & 255 };
}

/** The packets behind the last row: EOF, OK in its place, and an error. */
export const END_OF_ROWS = packets(Buffer.from([0xfe, 0, 0, 2, 0]), 9);
export const OK_FOR_END = packets(Buffer.from([0xfe, 0, 0, 2, 0, 0, 0, 7, 7, 7, 7]), 9);
export const ERROR = packets(
  Buffer.concat([Buffer.from([0xff, 0x25, 0x05]), Buffer.from('#70100Query execution was interrupted')]),
  9,
);
