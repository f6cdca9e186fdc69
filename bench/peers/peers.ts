import { dlt } from './dlt.ts';
import { duckdb } from './duckdb.ts';
import { mydumper } from './mydumper.ts';
import type { Peer } from './peer.ts';
import { sling } from './sling.ts';

/** In the order in which they run. */
export const PEERS: readonly Peer[] = [
  mydumper('plain'),
  mydumper('zstd'),
  duckdb,
  dlt('connectorx'),
  sling,
  dlt('pyarrow'),
];
