import type { Format } from './format.ts';
import { Compressor } from './parquet/compressor.ts';
import { ParquetWriter } from './parquet/writer.ts';

/** Choices for Parquet files; the defaults suit a lake. */
export interface ParquetOptions {
  /** Zstandard unless told otherwise. */
  readonly compression?: 'zstd' | 'none';
  /** The level of Zstandard, 1 to 22. */
  readonly level?: number;
  /** A row group ends with so many rows or, at the end of a batch, so many bytes of cells, or 8 MB compressed. */
  readonly rowGroupRows?: number;
  readonly rowGroupBytes?: number;
  /** A page ends with so many bytes of values or so many rows. */
  readonly pageBytes?: number;
  readonly pageRows?: number;
  /** A text column whose distinct values in a row group pass either limit goes on in plain encoding. */
  readonly dictionaryBytes?: number;
  /** At most 65536. */
  readonly dictionaryEntries?: number;
  /** The version of this program, for the footer's `created_by`. */
  readonly version?: string;
}

/** Page bytes that may be with the compressor before the writer waits. */
const IN_FLIGHT_BYTES = 8 << 20;

/**
 * Parquet files (github.com/apache/parquet-format): flat, all columns optional, data pages of version 1, field
 * ids, dictionaries for texts that repeat, and statistics except for private columns. The files of one format
 * share its memory.
 */
export function parquetFormat(options: ParquetOptions = {}): Format {
  const compressor = new Compressor(options.compression ?? 'zstd', options.level ?? 1, IN_FLIGHT_BYTES);
  const writerOptions = {
    compressor,
    createdBy: `panorama-elt version ${options.version ?? '0'}`,
    // As many rows as DuckDB puts into a row group of its own.
    rowGroupRows: options.rowGroupRows ?? 122_880,
    rowGroupBytes: options.rowGroupBytes ?? 64 << 20,
    pageBytes: options.pageBytes ?? 1 << 20,
    pageRows: options.pageRows ?? 65_536,
    dictionary: {
      bytes: options.dictionaryBytes ?? 2 << 20,
      entries: Math.min(options.dictionaryEntries ?? 65_536, 65_536),
    },
  };
  return {
    name: 'parquet',
    extension: 'parquet',
    open: (table, fields, sink, rejected) => new ParquetWriter(table, fields, sink, writerOptions, rejected),
  };
}
