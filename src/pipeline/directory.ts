import { PanoramaError } from '../errors.ts';
import { listDumpFiles } from '../sources/dump/dump-files.ts';
import { holdsModulestore } from '../sources/modulestore/mongodump.ts';

/**
 * What a directory, or a file, holds of what can be loaded without settings. Where it holds neither, dumps of MySQL are
 * said to be there: who reads them says what is missing.
 */
export async function directoryHolds(directory: string): Promise<{ mysql: boolean; modulestore: boolean }> {
  const modulestore = await holdsModulestore(directory);
  return { mysql: !modulestore || (await holdsDumps(directory)), modulestore };
}

async function holdsDumps(directory: string): Promise<boolean> {
  try {
    return (await listDumpFiles([directory])).files.some(({ path }) => path !== directory);
  } catch (error) {
    // Anything else is told by who reads them.
    return !(error instanceof PanoramaError && error.code === 'dump-unreadable');
  }
}
