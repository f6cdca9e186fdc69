import { filled } from './connection.ts';
import type { Path } from './document.ts';
import { partitionNameFault, prefixFault, resolvePath } from './paths.ts';
import { present } from './present.ts';
import { DEFAULTS } from './schema.ts';
import type { RawDatalake } from './schema.ts';
import type { BasePartition, DatalakeSettings } from './settings.ts';
import type { Surroundings } from './surroundings.ts';

/** The lake of either shape; `at` is where its keys stand in the file. */
export function normaliseDatalake(raw: RawDatalake, at: Path, around: Surroundings): DatalakeSettings {
  const path = filled(raw.path);
  const bucket = filled(raw.panorama_raw_data_bucket);
  const type = raw.type ?? (path !== undefined && bucket === undefined ? 'local' : 'aws');
  checkPlace(type, path, bucket, at, around);
  const basePrefix = filled(raw.base_prefix);
  const prefixProblem = basePrefix === undefined ? undefined : prefixFault(basePrefix);
  if (prefixProblem !== undefined) around.fault([...at, 'base_prefix'], prefixProblem);
  const shared = {
    // Files written before there was a choice name no format and mean what the original wrote.
    format: raw.format ?? (type === 'local' ? 'parquet' : 'csv'),
    layout: raw.layout ?? (type === 'local' || raw.format !== undefined ? 'hive' : 'original'),
    basePartitions: basePartitions(raw, at, around),
    ...present({ basePrefix }),
  };
  if (type === 'local') return { type, path: resolvePath(path ?? '', around.paths), ...shared };
  return {
    type,
    bucket: bucket ?? '',
    region: filled(raw.aws_region) ?? DEFAULTS.awsRegion,
    pathStyle: false,
    ...shared,
    ...present({
      database: filled(raw.datalake_database),
      workgroup: filled(raw.datalake_workgroup),
      accessKey: raw.aws_access_key?.reveal() === '' ? undefined : raw.aws_access_key,
      secretAccessKey: raw.aws_secret_access_key?.reveal() === '' ? undefined : raw.aws_secret_access_key,
    }),
  };
}

function checkPlace(
  type: 'local' | 'aws',
  path: string | undefined,
  bucket: string | undefined,
  at: Path,
  around: Surroundings,
): void {
  if (path !== undefined && bucket !== undefined) {
    around.fault(
      [...at, 'path'],
      'path is for a local lake and panorama_raw_data_bucket for one in S3; keep one of the two',
    );
  } else if (path === undefined && bucket === undefined) {
    around.fault(
      at,
      'the lake has no place; set path (a local folder) or panorama_raw_data_bucket (a bucket in S3)',
    );
  } else if (type === 'local' && path === undefined) {
    around.fault([...at, 'type'], 'a lake of type local needs path, not panorama_raw_data_bucket');
  } else if (type === 'aws' && bucket === undefined) {
    around.fault([...at, 'type'], 'a lake of type aws needs panorama_raw_data_bucket, not path');
  }
}

function basePartitions(raw: RawDatalake, at: Path, around: Surroundings): BasePartition[] {
  const seen = new Set<string>();
  return (raw.base_partitions ?? []).map((partition, i) => {
    const place = [...at, 'base_partitions', i];
    const name = partition.name ?? partition.key;
    if (name === undefined) around.fault(place, 'name is missing');
    else if (partition.name !== undefined && partition.key !== undefined) {
      around.fault([...place, 'key'], 'key means the same as name; keep one of the two');
    }
    const fault = name === undefined ? undefined : partitionNameFault(name);
    if (fault !== undefined) around.fault(place, fault);
    if (name !== undefined && seen.has(name.toLowerCase()))
      around.fault(place, 'another base partition has this name already');
    seen.add(name?.toLowerCase() ?? '');
    return { name: name ?? '', type: partition.type ?? DEFAULTS.partitionType, value: partition.value };
  });
}
