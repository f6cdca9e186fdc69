import { csvFormat } from '../../src/formats/csv.ts';
import type { FileField } from '../../src/formats/format.ts';
import { formatContract } from '../contracts/format.ts';
import { expectedCell } from './expected.ts';
import { readOpenCsv } from './opencsv.ts';

async function read(bytes: Uint8Array, fields: readonly FileField[]): Promise<(string | null)[][]> {
  const [header, ...rows] = readOpenCsv(Buffer.from(bytes).toString());
  if (header!.map(({ text }) => text).join() !== fields.map(({ name }) => name).join())
    throw new Error('header');
  return rows.map((row) =>
    row.map(({ text, quoted }, i) => {
      if (text === '' && !quoted) return null;
      const { type } = fields[i]!;
      return type.kind === 'binary' ? text : expectedCell(type, text);
    }),
  );
}

formatContract('csv', {
  make: () => csvFormat(),
  readers: { opencsv: read },
  arrives: (text) => text.replaceAll('\n', '\\n').replaceAll('\r', '\\r'),
});
