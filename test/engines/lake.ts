import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type TestTable, writeTable } from '../../src/contracts/lake.ts';
import type { TableState } from '../../src/lake/table-state.ts';
import { localStorage } from '../../src/storage/local.ts';

export { emptyState, field, partitionField, type TestTable } from '../../src/contracts/lake.ts';
export type { Cell } from '../../src/rows/batch.ts';

export interface TestLake {
  readonly root: string;
  /** What the lake holds. Writing a table again replaces it. */
  readonly states: Map<string, TableState>;
  locate(name: string): string;
  write(table: TestTable): Promise<TableState>;
  close(): Promise<void>;
}

/** A lake in a temporary folder, written as loads write it. @param folder a name for the root */
export async function testLake(folder = 'lake'): Promise<TestLake> {
  const parent = await mkdtemp(join(tmpdir(), 'panorama-engine-'));
  const storage = localStorage(join(parent, folder));
  const states = new Map<string, TableState>();
  return {
    root: storage.root,
    states,
    locate: (name) => storage.locate(name),
    async write(table) {
      const state = await writeTable(storage, table);
      states.set(table.table, state);
      return state;
    },
    close: () => rm(parent, { recursive: true, force: true }),
  };
}
