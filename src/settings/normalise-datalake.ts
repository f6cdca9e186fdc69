import { filled } from './connection.ts';
import type { Path } from './document.ts';
import { ownModule } from './own-module.ts';
import { partitionNameFault, prefixFault, resolvePath } from './paths.ts';
import { present } from './present.ts';
import { DEFAULTS } from './schema.ts';
import type { RawDatalake } from './schema.ts';
import type { Secret } from './secret.ts';
import type { AwsDatalake, BasePartition, DatalakeSettings } from './settings.ts';
import type { Surroundings } from './surroundings.ts';

/** The lake of either shape; `at` is where its keys stand in the file. */
export function normaliseDatalake(raw: RawDatalake, at: Path, around: Surroundings): DatalakeSettings {
  const path = filled(raw.path);
  const bucket = filled(raw.panorama_raw_data_bucket);
  const type = raw.type ?? kindOf(path, bucket, raw.module);
  checkPlace(type, { path, panorama_raw_data_bucket: bucket, module: raw.module }, at, around);
  const basePrefix = filled(raw.base_prefix);
  const prefixProblem = basePrefix === undefined ? undefined : prefixFault(basePrefix);
  if (prefixProblem !== undefined) around.fault([...at, 'base_prefix'], prefixProblem);
  const shared = {
    // Files written before there was a choice name no format and mean what the original wrote.
    format: raw.format ?? (type === 'aws' ? 'csv' : 'parquet'),
    layout: raw.layout ?? (type === 'aws' && raw.format === undefined ? 'original' : 'hive'),
    basePartitions: basePartitions(raw, at, around),
    ...present({ basePrefix }),
  };
  if (type === 'local') return { type, path: resolvePath(path ?? '', around.paths), ...shared };
  if (type === 'module') return { type, ...ownModule(raw, at, around), ...shared };
  return {
    type,
    bucket: bucket ?? '',
    region: filled(raw.aws_region) ?? DEFAULTS.awsRegion,
    ...shared,
    ...s3Settings(raw, at, around),
    ...present({
      database: filled(raw.datalake_database),
      workgroup: filled(raw.datalake_workgroup),
    }),
  };
}

/** How S3 is reached, and as whom. */
function s3Settings(
  raw: RawDatalake,
  at: Path,
  around: Surroundings,
): Pick<
  AwsDatalake,
  'accessKey' | 'secretAccessKey' | 'sessionToken' | 'profile' | 'endpoint' | 'pathStyle' | 'encryption'
> {
  const accessKey = filledSecret(raw.aws_access_key);
  const secretAccessKey = filledSecret(raw.aws_secret_access_key);
  if ((accessKey === undefined) !== (secretAccessKey === undefined)) {
    const [there, missing] = ['aws_access_key', 'aws_secret_access_key'];
    const fault = accessKey === undefined ? `${missing} needs ${there}` : `${there} needs ${missing}`;
    around.fault([...at, accessKey === undefined ? missing : there], fault);
  }
  const endpoint = filled(raw.aws_endpoint);
  if (endpoint !== undefined && !/^https?:\/\/[^/]/.test(endpoint))
    around.fault([...at, 'aws_endpoint'], 'expected an address that begins with https:// or http://');
  const kmsKeyId = filled(raw.aws_kms_key_id);
  if (kmsKeyId !== undefined && raw.aws_encryption === 'AES256')
    around.fault([...at, 'aws_kms_key_id'], 'a key of KMS is for aws_encryption: aws:kms');
  const kind = raw.aws_encryption ?? (kmsKeyId === undefined ? undefined : 'aws:kms');
  return {
    pathStyle: (raw.aws_path_style ?? String(endpoint !== undefined)) === 'true',
    ...present({
      accessKey,
      secretAccessKey,
      sessionToken: filledSecret(raw.aws_session_token),
      profile: filled(raw.aws_profile),
      endpoint,
      encryption: kind === undefined ? undefined : { kind, ...present({ kmsKeyId }) },
    }),
  };
}

function filledSecret(secret: Secret | undefined): Secret | undefined {
  return secret?.reveal() === '' ? undefined : secret;
}

type Kind = DatalakeSettings['type'];

/** The key that says where a lake of a kind lies. */
const PLACE_KEYS = { local: 'path', aws: 'panorama_raw_data_bucket', module: 'module' } as const;

function kindOf(path: string | undefined, bucket: string | undefined, module: string | undefined): Kind {
  if (path !== undefined && bucket === undefined) return 'local';
  return module !== undefined && bucket === undefined ? 'module' : 'aws';
}

function checkPlace(
  type: Kind,
  places: Readonly<Record<(typeof PLACE_KEYS)[Kind], string | undefined>>,
  at: Path,
  around: Surroundings,
): void {
  const given = Object.values(PLACE_KEYS).filter((key) => places[key] !== undefined);
  if (given.length > 1) {
    around.fault(
      [...at, given[0]!],
      'path is for a local lake, panorama_raw_data_bucket for one in S3, module for one of your own; keep one of them',
    );
  } else if (given.length === 0) {
    around.fault(
      at,
      type === 'aws'
        ? 'the lake has no place; set path (a local folder) or panorama_raw_data_bucket (a bucket in S3)'
        : `a lake of type ${type} needs ${PLACE_KEYS[type]}`,
    );
  } else if (given[0] !== PLACE_KEYS[type]) {
    around.fault([...at, 'type'], `a lake of type ${type} needs ${PLACE_KEYS[type]}, not ${given[0]}`);
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
