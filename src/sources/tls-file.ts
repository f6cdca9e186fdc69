import { readFile } from 'node:fs/promises';

import { PanoramaError } from '../errors.ts';

/** The content of a PEM file that the settings name. @throws PanoramaError `settings-invalid` where it cannot be read */
export async function readTlsFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new PanoramaError(
      'settings-invalid',
      `The TLS file ${path} cannot be read: ${(cause as Error).message}.`,
      { cause },
    );
  }
}
