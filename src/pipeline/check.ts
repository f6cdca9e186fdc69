import type { Check } from '../check.ts';
import { asPanoramaError, type PanoramaError } from '../errors.ts';
import type { DatalakeSettings, Datasource, Settings } from '../settings/settings.ts';
import type { SourceSession } from '../sources/source.ts';
import { storageChecks } from '../storage/checks.ts';
import { openLake } from './lake.ts';
import { jobsOf, makeSource } from './sources.ts';
import { planTable } from './table-plan.ts';

/** One thing that was tried. */
export interface CheckResult {
  /** `datalake` or the name of the source. */
  readonly name: string;
  /** Its type in the settings. */
  readonly type: string;
  /** What was tried or found, for people. */
  readonly check: string;
  /** The rights of AWS that it takes, where it takes some. */
  readonly rights?: readonly string[];
  /** Absent where it works. */
  readonly error?: PanoramaError;
}

/**
 * Connects to the lake and to every source for real and tries each thing that a run needs there: objects are written
 * and removed, a table comes into the catalog and goes, columns of the wanted tables are asked for. Results come as
 * they are found.
 */
export async function* testConnections(settings: Settings): AsyncGenerator<CheckResult, void, undefined> {
  for await (const result of checkLake(settings.datalake))
    yield { name: 'datalake', type: settings.datalake.type, ...result };
  for (const datasource of settings.datasources) {
    const { name, type } = datasource;
    for await (const result of checkSource(datasource, settings.datalake)) yield { name, type, ...result };
  }
}

type Tried = Omit<CheckResult, 'name' | 'type'>;

async function* checkLake(settings: DatalakeSettings): AsyncGenerator<Tried, void, undefined> {
  const [lake, failure] = await settled('open the lake', () => openLake(settings));
  if (lake === undefined) return yield failure;
  try {
    for (const check of lake.checks?.() ?? storageChecks(lake.storage)) {
      const result = await tried(check);
      yield result;
      // What follows would wait for the same answer.
      if (result.error?.code === 'lake-unreachable') return;
    }
  } finally {
    await lake.close();
  }
}

async function tried({ what, rights, run }: Check): Promise<Tried> {
  const error = await run();
  return {
    check: what,
    ...(rights === undefined ? {} : { rights }),
    ...(error === undefined ? {} : { error }),
  };
}

async function* checkSource(
  datasource: Datasource,
  datalake: DatalakeSettings,
): AsyncGenerator<Tried, void, undefined> {
  const [session, failure] = await settled('connect', async () =>
    (await makeSource(datasource)).open({ parallel: jobsOf(datasource) }),
  );
  if (session === undefined) return yield failure;
  try {
    const [found, problem] = await settled('look into it', () => session.check());
    if (found === undefined) return yield problem;
    yield { check: found.join(', ') };
    yield* checkTables(session, datasource, datalake);
  } finally {
    await session.close();
  }
}

/** A line for each table of the settings; where they name none, one for all and one for each that fails. */
async function* checkTables(
  session: SourceSession,
  { tables }: Datasource,
  datalake: DatalakeSettings,
): AsyncGenerator<Tried, void, undefined> {
  const wanted = tables ?? (await session.tables()).map((name) => ({ name }));
  let readable = 0;
  for (const table of wanted) {
    const check = `read ${table.name}`;
    const [, failure] = await settled(check, async () => {
      const plan = planTable(await session.describe(table.name), table, datalake);
      await session.probe?.({ table: table.name, fields: plan.read });
    });
    if (failure !== undefined) yield failure;
    else if (tables !== undefined) yield { check };
    else readable++;
  }
  if (tables === undefined) yield { check: `read ${readable} of ${wanted.length} tables` };
}

/** What a step gives, or its failure as a result. */
async function settled<T>(
  check: string,
  step: () => Promise<T>,
): Promise<[T, undefined] | [undefined, Tried]> {
  try {
    return [await step(), undefined];
  } catch (error) {
    return [undefined, { check, error: asPanoramaError(error) }];
  }
}
