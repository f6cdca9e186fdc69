import type { AwsCall } from './aws.ts';

type Json = Readonly<Record<string, unknown>>;

/** The most items of a list in a call, by Glue's API reference. */
const MOST: Readonly<Record<string, readonly [list: string, most: number]>> = {
  BatchCreatePartition: ['PartitionInputList', 100],
  BatchUpdatePartition: ['Entries', 100],
  BatchDeletePartition: ['PartitionsToDelete', 25],
  BatchGetPartition: ['PartitionsToGet', 1000],
};

/** What of a call Glue would not take and moto does; undefined where nothing is wrong. */
export function limitProblem({ service, action, request }: AwsCall): string | undefined {
  if (service !== 'glue') return undefined;
  const [list = '', most = 0] = MOST[action] ?? [];
  const items = (request[list] as unknown[] | undefined) ?? [];
  if (items.length > most && list !== '')
    return `'${list}' failed to satisfy constraint: at most ${most} items`;
  if (action === 'BatchUpdatePartition' && items.length === 0)
    return "'Entries' failed to satisfy constraint: at least 1 item";
  const values = items.flatMap(valuesOf);
  if (values.some((value) => value === ''))
    return "'values' failed to satisfy constraint: at least 1 character";
  if (values.some((value) => value.length > 1024))
    return "'values' failed to satisfy constraint: at most 1024 characters";
  const table = request['TableInput'] as Json | undefined;
  const parameters = Object.entries((table?.['Parameters'] ?? {}) as Record<string, string>);
  if (parameters.some(([key, value]) => key.length > 255 || value.length > 512000))
    return "'parameters' failed to satisfy constraint: at most 255 characters of a key and 512000 of a value";
  return undefined;
}

function valuesOf(item: unknown): string[] {
  const { Values, PartitionInput } = item as { Values?: string[]; PartitionInput?: { Values?: string[] } };
  return PartitionInput?.Values ?? Values ?? [];
}

/** The request with names of tables in lower case, as Glue folds them. */
export function lowerNames({ service, request }: AwsCall): Json {
  if (service !== 'glue') return request;
  const lowered: Record<string, unknown> = { ...request };
  for (const key of ['Name', 'TableName', 'DatabaseName'])
    if (typeof lowered[key] === 'string') lowered[key] = lowered[key].toLowerCase();
  const table = request['TableInput'] as Json | undefined;
  if (table !== undefined) lowered['TableInput'] = { ...table, Name: String(table['Name']).toLowerCase() };
  return lowered;
}
