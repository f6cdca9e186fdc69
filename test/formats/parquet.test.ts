import { parquetFormat } from '../../src/formats/parquet.ts';
import { formatContract } from '../contracts/format.ts';
import { readWithDuckdb, readWithHyparquet } from './parquet-readers.ts';

const readers = { duckdb: readWithDuckdb, hyparquet: readWithHyparquet };

formatContract('parquet with zstd', { make: (limits) => parquetFormat(limits), readers });
formatContract('parquet without compression', {
  make: (limits) => parquetFormat({ ...limits, compression: 'none' }),
  readers,
});
