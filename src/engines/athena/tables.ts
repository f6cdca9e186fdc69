import type { Glue, Table, TableInput } from '@aws-sdk/client-glue';

import { PanoramaError } from '../../errors.ts';
import type { TableState } from '../../lake/table-state.ts';
import type { Aws, CallOptions } from './clients.ts';
import { errorName } from './failures.ts';
import { catalogName, standingOf, updatedTable, wantedTable } from './glue-table.ts';

/** A database in Glue and where the tables of the lake are. */
export interface Catalog {
  readonly aws: Aws;
  readonly database: string;
  /** The folder of a table, e.g. `s3://bucket/openedx/auth_user/`. */
  readonly location: (state: TableState) => string;
}

/** What is in the catalog under a name; undefined where nothing is. */
export function findTable({ aws, database }: Catalog, name: string): Promise<Table | undefined> {
  return aws.glue(`read the table ${name} from Glue`, async (glue, options) => {
    const answer = await glue
      .getTable({ DatabaseName: database, Name: catalogName(name) }, options)
      .catch(absent);
    return answer?.Table;
  });
}

/** See {@link Engine.ensureTable}. @throws PanoramaError `guard-format` for a table of ours whose shape is another */
export async function ensureTable(catalog: Catalog, state: TableState): Promise<void> {
  const wanted = wantedTable(state, catalog.location(state));
  let found = await findTable(catalog, state.rawName);
  if (found === undefined) {
    if (await createTable(catalog, wanted)) return;
    // Somebody was quicker, or the answer to our own first attempt was lost.
    found = await findTable(catalog, state.rawName);
  }
  if (found === undefined) throw vanished(state.rawName);
  const standing = standingOf(found, wanted);
  if (standing.is === 'foreign') throw foreignTable(state.rawName, standing.why);
  if (standing.is === 'other-shape') {
    throw new PanoramaError(
      'guard-format',
      `The table ${state.rawName} in the catalog ${standing.shape}; the lake has ${state.format} files.`,
    );
  }
  const update = updatedTable(found, wanted);
  if (update !== undefined) await updateTable(catalog, update);
}

/** Answers false where a table of the name is there already. */
function createTable({ aws, database }: Catalog, table: TableInput): Promise<boolean> {
  return aws.glue(`create the table ${table.Name} in Glue`, (glue, options) =>
    glue.createTable({ DatabaseName: database, TableInput: table }, options).then(
      () => true,
      (error: unknown) => {
        if (errorName(error) === 'AlreadyExistsException') return false;
        throw error;
      },
    ),
  );
}

function vanished(name: string): PanoramaError {
  return new PanoramaError(
    'catalog-failed',
    `The table ${name} in Glue was changed by somebody else meanwhile.`,
  );
}

/** Writes a table without keeping its old version, of which Glue keeps a limited number. */
export async function updateTable({ aws, database }: Catalog, table: TableInput): Promise<void> {
  await aws.glue(`change the table ${table.Name} in Glue`, (glue, options) =>
    glue.updateTable({ DatabaseName: database, TableInput: table, SkipArchive: true }, options),
  );
}

/** The table leaves the catalog with its partitions; its files stay. */
export async function deleteTable({ aws, database }: Catalog, name: string): Promise<void> {
  const request = { DatabaseName: database, Name: catalogName(name) };
  await aws.glue(`remove the table ${name} from Glue`, (glue: Glue, options: CallOptions) =>
    glue.deleteTable(request, options).catch(absent),
  );
}

/** True where the table is there and ours. @throws PanoramaError `catalog-foreign` where another one has its name */
export async function hasOurTable(catalog: Catalog, state: TableState): Promise<boolean> {
  const found = await findTable(catalog, state.rawName);
  if (found === undefined) return false;
  const standing = standingOf(found, wantedTable(state, catalog.location(state)));
  if (standing.is === 'foreign') throw foreignTable(state.rawName, standing.why);
  return true;
}

export function foreignTable(name: string, why: string): PanoramaError {
  return new PanoramaError('catalog-foreign', `The catalog has another table ${name}: ${why}.`);
}

/** Answers undefined where there is no such thing. */
function absent(error: unknown): undefined {
  if (errorName(error) === 'EntityNotFoundException') return undefined;
  throw error;
}
