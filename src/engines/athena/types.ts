import type { EngineTypes } from '../engine.ts';

/** Lake types as Glue and Athena's DDL spell them; these are the types of a Parquet table's columns. */
export const athenaTypes: EngineTypes = {
  boolean: { name: 'boolean', why: 'The same in Parquet; `0` and `1` in CSV are cast.' },
  int32: { name: 'int', why: 'Holds every signed MySQL integer up to INT; `integer` in queries.' },
  int64: { name: 'bigint', why: 'Holds BIGINT and unsigned integers up to INT UNSIGNED.' },
  float32: { name: 'float', why: 'Single precision as in the source; `real` in queries.' },
  float64: { name: 'double', why: 'Double precision as in the source.' },
  decimal: { name: 'decimal(p,s)', why: 'Exact; at most 38 digits, longer ones are text in the lake.' },
  date: { name: 'date', why: 'Zero and partial dates are NULL already in the files.' },
  timestamp: {
    name: 'timestamp',
    why: 'Without a zone. Athena rounds those of Parquet files to milliseconds; those of CSV keep microseconds.',
  },
  text: { name: 'string', why: 'UTF-8, unchanged; `varchar` in queries.' },
  binary: { name: 'binary', why: 'The bytes themselves; hexadecimal in CSV; `varbinary` in queries.' },
};
