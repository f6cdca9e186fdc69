import type { Storage } from '../storage/storage.ts';
import { NULL_PARTITION, originalPartitionFolder, partitionFolder, safeFolder } from './escape.ts';
import { tablePath } from './hive-layout.ts';
import type { Layout } from './layout.ts';
import type { TableState } from './table-state.ts';

type Target = Pick<TableState, 'basePrefix' | 'table' | 'format' | 'layout' | 'partitionFields'>;

/**
 * Names of files in a table's folder that carry its name, but another format or layout than the one it is to have:
 * what panorama-elt in Python wrote, say. Readers that look into the folder would take them for rows of the table.
 */
export async function foreignFiles(storage: Storage, layout: Layout, target: Target): Promise<string[]> {
  const folder = `${tablePath(target)}/`;
  const files = new Set(['csv', 'parquet'].map((extension) => `${safeFolder(target.table)}.${extension}`));
  const names = await storage.list(folder);
  return names.filter((name) => {
    const parts = name.slice(folder.length).split('/');
    return files.has(parts.pop()!) && !isPlace(name, parts.join('/'), layout, target);
  });
}

/** True for a file in a folder of these base partitions, in whichever layout. */
export function isInstallations(
  name: string,
  { partitionFields, ...key }: Target,
  baseValues: readonly string[],
): boolean {
  return [partitionFolder, originalPartitionFolder].some((folder) => {
    const folders = baseValues.map((value, i) => folder(partitionFields[i]!.name, value));
    return name.startsWith(`${[tablePath(key), ...folders].join('/')}/`);
  });
}

/** True where the layout would give the name to a file of some partition. */
function isPlace(name: string, folders: string, layout: Layout, target: Target): boolean {
  const values = partitionValues(folders, target);
  if (values === undefined) return false;
  return layout.place(target, values) === name;
}

/** The values that folders stand for; undefined where they are not those of the table's partition columns. */
function partitionValues(folders: string, { partitionFields }: Target): (string | null)[] | undefined {
  const values: (string | null)[] = [];
  let rest = folders;
  for (const [i, { name }] of partitionFields.entries()) {
    if (!rest.startsWith(`${name}=`)) return undefined;
    rest = rest.slice(name.length + 1);
    const following = partitionFields[i + 1];
    const end = following === undefined ? rest.length : rest.indexOf(`/${following.name}=`);
    if (end < 0) return undefined;
    const text = rest.slice(0, end);
    rest = rest.slice(end + 1);
    try {
      values.push(text === NULL_PARTITION ? null : decodeURIComponent(text));
    } catch {
      return undefined;
    }
  }
  return rest === '' ? values : undefined;
}
