import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { connectS3 } from '../../src/storage/s3/client.ts';
import type { S3StorageOptions } from '../../src/storage/s3/options.ts';
import { tempDir } from '../temp-dir.ts';

const options: S3StorageOptions = {
  bucket: 'b',
  region: 'eu-west-1',
  pathStyle: false,
  spillFolder: '/nowhere',
};
const WARNING = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

describe('the client of S3', () => {
  const folder = tempDir();

  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('is loaded without a warning, and leaves the environment as it is', async () => {
    const warn = vi.spyOn(process, 'emitWarning');
    vi.stubEnv(WARNING, undefined);
    await connectS3(options).client();
    expect(warn).not.toHaveBeenCalled();
    expect(process.env[WARNING]).toBeUndefined();
    vi.stubEnv(WARNING, 'false');
    await connectS3(options).client();
    expect(process.env[WARNING]).toBe('false');
  });

  it('is one for a connection', async () => {
    const connection = connectS3(options);
    const [one, two] = await Promise.all([connection.client(), connection.client()]);
    expect(one).toBe(two);
  });

  it('takes the keys that it is given, else those of the environment, else those of the profile', async () => {
    const given = { accessKeyId: 'GIVEN', secretAccessKey: 's', sessionToken: 't' };
    const keyOf = async (more: Partial<S3StorageOptions>): Promise<object> => {
      const { config } = await connectS3({ ...options, ...more }).client();
      const { accessKeyId, sessionToken } = await config.credentials();
      return { accessKeyId, sessionToken };
    };
    const file = join(folder, 'credentials');
    await writeFile(file, '[other]\naws_access_key_id = OTHER\naws_secret_access_key = s\n');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_PROFILE', undefined);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's');
    vi.stubEnv('AWS_SESSION_TOKEN', undefined);
    expect(await keyOf({ credentials: given })).toEqual({ accessKeyId: 'GIVEN', sessionToken: 't' });
    expect(await keyOf({})).toEqual({ accessKeyId: 'ENVIRONMENT' });
    expect(await keyOf({ profile: 'other' })).toEqual({ accessKeyId: 'OTHER' });
  });

  it.each([
    [undefined, true],
    ['https://s3.eu-west-1.amazonaws.com', true],
    ['https://bucket.vpce-0a1b.s3.eu-west-1.vpce.amazonaws.com', true],
    ['https://s3.cn-north-1.amazonaws.com.cn', true],
    ['https://minio.example.org:9000', false],
    ['https://amazonaws.com.example.org', false],
  ])('sends checksums to %s: %s', async (endpoint, sent) => {
    const connection = connectS3({ ...options, ...(endpoint !== undefined && { endpoint }) });
    expect(connection.checksum).toEqual(sent ? { ChecksumAlgorithm: 'CRC32' } : {});
    const { config } = await connection.client();
    expect(await config.requestChecksumCalculation()).toBe(sent ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED');
  });

  it.each([
    [undefined, {}],
    [{ kind: 'AES256' } as const, { ServerSideEncryption: 'AES256' }],
    [{ kind: 'aws:kms', kmsKeyId: 'k' } as const, { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'k' }],
  ])('asks for the encryption %j', (encryption, parameters) => {
    expect(connectS3({ ...options, ...(encryption && { encryption }) }).encryption).toEqual(parameters);
  });
});
