import { escapeHive, NULL_PARTITION } from '../../lake/escape.ts';
import type { LakeFile, PartitionField } from '../../lake/table-state.ts';
import { quoteText } from './sql.ts';

/*
 * DuckDB's own `hive_partitioning` is not used: it takes the text `NULL` for NULL, reads folders above the lake
 * as columns, and excludes `schema`. An expression over the file's name gives the values exactly, and DuckDB
 * evaluates a filter on it once per file before it opens any ("Scanning Files: 1/200" in EXPLAIN).
 */

/** The text of partition column `index` from the path in the column `file`: Hive's `name=value` folders. */
export function valueFromPath(fields: readonly PartitionField[], index: number, file: string): string {
  const prefix = folderPrefix(fields[index]!);
  const folder = `split_part(${file}, '/', ${index - fields.length - 1})`;
  return `url_decode(nullif(substr(${folder}, ${[...prefix].length + 1}), ${quoteText(NULL_PARTITION)}))`;
}

/**
 * True where {@link valueFromPath} gives what the state says for every partition column of the file. Other
 * files, as older layouts wrote them, need {@link valueFromList}.
 */
export function pathTellsValues(fields: readonly PartitionField[], file: LakeFile, path: string): boolean {
  const folders = path.split('/').slice(-fields.length - 1, -1);
  return fields.every(
    (field, i) => folderValue(folderPrefix(field), folders[i]) === (file.partition[i] ?? null),
  );
}

/** The text of partition column `index` by a list of the files' names. */
export function valueFromList(files: ReadonlyMap<string, LakeFile>, index: number, file: string): string {
  const entries = [...files].map(([path, { partition }]) => {
    const value = partition[index] ?? null;
    return `${quoteText(path)}: ${value === null ? 'NULL' : quoteText(value)}`;
  });
  return `CAST(MAP {${entries.join(',')}}[${file}] AS VARCHAR)`;
}

function folderPrefix(field: PartitionField): string {
  return `${escapeHive(field.name)}=`;
}

/** What the SQL of {@link valueFromPath} gives; undefined where it might fail. */
function folderValue(prefix: string, folder: string | undefined): string | null | undefined {
  if (folder === undefined || !folder.startsWith(prefix)) return undefined;
  const value = folder.slice(prefix.length);
  if (value === NULL_PARTITION) return null;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
