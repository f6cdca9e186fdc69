import type { TableKey } from '../lake/layout.ts';
import type { LakeFile } from '../lake/table-state.ts';
import type { DatalakeSettings } from '../settings/settings.ts';

/** A table of the lake that the settings describe. */
export function tableKey({ basePrefix = '' }: DatalakeSettings, table: string): TableKey {
  return { basePrefix, table };
}

/** The values of the base partitions, by which the files of this installation are known. */
export function baseValuesOf({ basePartitions }: DatalakeSettings): string[] {
  return basePartitions.map((partition) => partition.value);
}

/** True for a file of this installation: its base partitions have the values of the settings. */
export function isOwn({ partition }: Pick<LakeFile, 'partition'>, baseValues: readonly string[]): boolean {
  return baseValues.every((value, i) => partition[i] === value);
}

/** The files of a table divided into those of this installation and those of others. */
export function divideFiles(
  files: readonly LakeFile[],
  baseValues: readonly string[],
): { own: LakeFile[]; others: LakeFile[] } {
  const own: LakeFile[] = [];
  const others: LakeFile[] = [];
  for (const file of files) (isOwn(file, baseValues) ? own : others).push(file);
  return { own, others };
}
