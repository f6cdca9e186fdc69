import type { FileColumn, LogicalType } from './schema.ts';
import { ThriftWriter } from './thrift.ts';

/*
 * Page headers and the footer. Struct and field numbers are those of apache/parquet-format,
 * src/main/thrift/parquet.thrift; names here say which struct a function writes.
 */

export const ENCODING = { plain: 0, rle: 3, rleDictionary: 8 } as const;
export const CODEC = { uncompressed: 0, zstd: 6 } as const;
const PAGE = { data: 0, dictionary: 2 } as const;

/** Bounds and counts of one column chunk. Bounds are PLAIN values without a length (struct Statistics). */
interface ChunkStatistics {
  readonly nulls: number;
  readonly min?: Uint8Array;
  readonly max?: Uint8Array;
  /** True for FLOAT and DOUBLE, whose bounds may be zeros of the other sign and whose NaN are counted. */
  readonly float: boolean;
}

export interface ChunkMetadata {
  readonly column: FileColumn;
  readonly codec: number;
  readonly values: number;
  /** Sizes of all pages with their headers. */
  readonly uncompressed: number;
  readonly compressed: number;
  /** Offsets in the file. */
  readonly dictionaryOffset: number | undefined;
  readonly dataOffset: number;
  /** Data pages of each encoding. */
  readonly plainPages: number;
  readonly dictionaryPages: number;
  readonly statistics: ChunkStatistics;
}

export interface RowGroupMetadata {
  readonly rows: number;
  readonly offset: number;
  readonly chunks: readonly ChunkMetadata[];
}

/** struct PageHeader with a DataPageHeader. Version 1 of the data page is what every reader knows. */
export function dataPageHeader(
  thrift: ThriftWriter,
  page: { values: number; encoding: number; uncompressed: number; compressed: number },
): Buffer {
  thrift.struct(() => {
    thrift.i32Field(1, PAGE.data);
    thrift.i32Field(2, page.uncompressed);
    thrift.i32Field(3, page.compressed);
    thrift.structField(5, () => {
      thrift.i32Field(1, page.values);
      thrift.i32Field(2, page.encoding);
      thrift.i32Field(3, ENCODING.rle);
      thrift.i32Field(4, ENCODING.rle);
    });
  });
  return thrift.take();
}

/** struct PageHeader with a DictionaryPageHeader. */
export function dictionaryPageHeader(
  thrift: ThriftWriter,
  page: { values: number; uncompressed: number; compressed: number },
): Buffer {
  thrift.struct(() => {
    thrift.i32Field(1, PAGE.dictionary);
    thrift.i32Field(2, page.uncompressed);
    thrift.i32Field(3, page.compressed);
    thrift.structField(7, () => {
      thrift.i32Field(1, page.values);
      thrift.i32Field(2, ENCODING.plain);
    });
  });
  return thrift.take();
}

/** struct FileMetaData. Its `version` is 1, which the format asks for whatever the features of the file. */
export function fileMetadata(
  thrift: ThriftWriter,
  file: {
    columns: readonly FileColumn[];
    rows: number;
    groups: readonly RowGroupMetadata[];
    createdBy: string;
  },
): Buffer {
  thrift.struct(() => {
    thrift.i32Field(1, 1);
    thrift.structListField(2, [undefined, ...file.columns], (column) =>
      column === undefined ? rootElement(thrift, file.columns.length) : schemaElement(thrift, column),
    );
    thrift.i64Field(3, file.rows);
    thrift.structListField(4, file.groups, (group) => rowGroup(thrift, group));
    thrift.stringField(6, file.createdBy);
    // ColumnOrder TypeDefinedOrder: without it readers ignore min_value and max_value.
    thrift.structListField(7, file.columns, () => thrift.structField(1, () => {}));
  });
  return thrift.take();
}

function rootElement(thrift: ThriftWriter, children: number): void {
  thrift.stringField(4, 'schema');
  thrift.i32Field(5, children);
}

function schemaElement(thrift: ThriftWriter, { field, type }: FileColumn): void {
  const { logical } = type;
  thrift.i32Field(1, type.physical);
  if (logical?.kind === 'decimal' && type.width > 8) thrift.i32Field(2, type.width);
  // OPTIONAL even where the source says NOT NULL: the constraint may go between two loads, and rejected dates
  // are NULL in spite of it; all files of a table shall have one schema.
  thrift.i32Field(3, 1);
  thrift.stringField(4, field.name);
  if (type.converted !== undefined) thrift.i32Field(6, type.converted);
  if (logical?.kind === 'decimal') {
    thrift.i32Field(7, logical.scale);
    thrift.i32Field(8, logical.precision);
  }
  thrift.i32Field(9, field.id);
  if (logical !== undefined) thrift.structField(10, () => logicalType(thrift, logical));
}

/** union LogicalType. */
function logicalType(thrift: ThriftWriter, type: LogicalType): void {
  switch (type.kind) {
    case 'string':
      return thrift.structField(1, () => {});
    case 'decimal':
      return thrift.structField(5, () => {
        thrift.i32Field(1, type.scale);
        thrift.i32Field(2, type.precision);
      });
    case 'date':
      return thrift.structField(6, () => {});
    case 'timestamp':
      return thrift.structField(8, () => {
        thrift.boolField(1, false);
        thrift.structField(2, () => thrift.structField(2, () => {}));
      });
    case 'integer':
      return thrift.structField(10, () => {
        thrift.byteField(1, type.bits);
        thrift.boolField(2, true);
      });
  }
}

function rowGroup(thrift: ThriftWriter, group: RowGroupMetadata): void {
  thrift.structListField(1, group.chunks, (chunk) => columnChunk(thrift, chunk));
  thrift.i64Field(2, total(group.chunks, 'uncompressed'));
  thrift.i64Field(3, group.rows);
  thrift.i64Field(5, group.offset);
  thrift.i64Field(6, total(group.chunks, 'compressed'));
}

function total(chunks: readonly ChunkMetadata[], size: 'compressed' | 'uncompressed'): number {
  return chunks.reduce((sum, chunk) => sum + chunk[size], 0);
}

/** struct ColumnChunk; file_offset is 0, for there is no second copy of the ColumnMetaData. */
function columnChunk(thrift: ThriftWriter, chunk: ChunkMetadata): void {
  thrift.i64Field(2, 0);
  thrift.structField(3, () => columnMetadata(thrift, chunk));
}

function columnMetadata(thrift: ThriftWriter, chunk: ChunkMetadata): void {
  const dictionary = chunk.dictionaryOffset !== undefined;
  const plain = chunk.plainPages > 0 || dictionary;
  const encodings: number[] = [ENCODING.rle];
  if (plain) encodings.unshift(ENCODING.plain);
  if (dictionary) encodings.push(ENCODING.rleDictionary);
  thrift.i32Field(1, chunk.column.type.physical);
  thrift.i32ListField(2, encodings);
  thrift.stringListField(3, [chunk.column.field.name]);
  thrift.i32Field(4, chunk.codec);
  thrift.i64Field(5, chunk.values);
  thrift.i64Field(6, chunk.uncompressed);
  thrift.i64Field(7, chunk.compressed);
  thrift.i64Field(9, chunk.dataOffset);
  if (chunk.dictionaryOffset !== undefined) thrift.i64Field(11, chunk.dictionaryOffset);
  thrift.structField(12, () => statistics(thrift, chunk.statistics));
  thrift.structListField(13, encodingStatistics(chunk), ([page, encoding, count]) => {
    thrift.i32Field(1, page);
    thrift.i32Field(2, encoding);
    thrift.i32Field(3, count);
  });
}

function encodingStatistics(chunk: ChunkMetadata): [number, number, number][] {
  const stats: [number, number, number][] = [];
  if (chunk.dictionaryOffset !== undefined) stats.push([PAGE.dictionary, ENCODING.plain, 1]);
  if (chunk.dictionaryPages > 0) stats.push([PAGE.data, ENCODING.rleDictionary, chunk.dictionaryPages]);
  if (chunk.plainPages > 0) stats.push([PAGE.data, ENCODING.plain, chunk.plainPages]);
  return stats;
}

function statistics(thrift: ThriftWriter, stats: ChunkStatistics): void {
  thrift.i64Field(3, stats.nulls);
  if (stats.min !== undefined && stats.max !== undefined) {
    thrift.binaryField(5, stats.max);
    thrift.binaryField(6, stats.min);
    if (!stats.float) {
      thrift.boolField(7, true);
      thrift.boolField(8, true);
    }
  }
  // MySQL stores no NaN; the format asks to say so wherever bounds of FLOAT or DOUBLE are given.
  if (stats.float) thrift.i64Field(9, 0);
}
