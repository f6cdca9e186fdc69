import type { EngineTypes } from '../engine.ts';

/** Lake types in DuckDB. */
export const duckdbTypes: EngineTypes = {
  boolean: { name: 'BOOLEAN', why: 'The same in Parquet; `0` and `1` in CSV are cast.' },
  int32: { name: 'INTEGER', why: 'Holds every signed MySQL integer up to INT.' },
  int64: { name: 'BIGINT', why: 'Holds BIGINT and unsigned integers up to INT UNSIGNED.' },
  float32: {
    name: 'FLOAT',
    why: 'Single precision as in the source, printed with the fewest digits that identify it.',
  },
  float64: { name: 'DOUBLE', why: 'Double precision as in the source.' },
  decimal: { name: 'DECIMAL(p,s)', why: 'Exact; at most 38 digits, longer ones are text in the lake.' },
  date: { name: 'DATE', why: 'Zero and partial dates are NULL already in the files.' },
  timestamp: {
    name: 'TIMESTAMP',
    why: 'Microseconds without a zone; values are UTC where the source has a zone.',
  },
  text: { name: 'VARCHAR', why: 'UTF-8, unchanged.' },
  binary: { name: 'BLOB', why: 'The bytes themselves; hexadecimal in CSV, which the typed view turns back.' },
};
