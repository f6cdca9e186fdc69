import { duckdbEngine } from '../../../src/engines/duckdb/duckdb-engine.ts';
import { engineContract } from '../../../src/contracts/engine.ts';
import { testLake } from '../lake.ts';

engineContract('duckdb', async () => {
  const lake = await testLake();
  const engine = duckdbEngine({ locate: lake.locate, tables: async () => [...lake.states.values()] });
  return {
    engine,
    write: lake.write,
    async close() {
      await engine.close();
      await lake.close();
    },
  };
});
