import { randomUUID } from 'node:crypto';

import { type Check, check } from '../check.ts';
import { PanoramaError } from '../errors.ts';
import type { Storage } from './storage.ts';

export const CHECK_CONTENT = Buffer.from('Written by panorama test-connections; it may be removed.\n');

/** The name of an object that checks write and remove. */
export const checkName = (): string => `_panorama/check-${randomUUID()}`;

/**
 * What a run needs of any storage, one thing after the other. They write an object of a random name and remove it;
 * the last one is to be run even if others fail.
 */
export function storageChecks(storage: Storage): readonly Check[] {
  const name = checkName();
  return [
    check(`write ${storage.root}`, async () => {
      const writer = await storage.stage(name);
      try {
        await writer.write(CHECK_CONTENT);
        await storage.commit(await writer.finish());
      } catch (error) {
        await writer.abort().catch(() => undefined);
        throw error;
      }
    }),
    check('read what was written', () => readBack(storage, name)),
    check('conditional write', () => writeOnCondition(storage, name)),
    check('remove what was written', () => storage.remove(name)),
  ];
}

/** Puts an object that is there already or is there then. @throws PanoramaError `lake-unwritable` and the storage's */
export async function ensureObject(storage: Storage, name: string): Promise<void> {
  if ((await storage.putIf(name, CHECK_CONTENT, undefined)) === undefined) await readBack(storage, name);
}

async function readBack(storage: Storage, name: string): Promise<void> {
  if ((await storage.read(name)) === undefined)
    throw new PanoramaError('lake-unwritable', `${storage.locate(name)} was written and is not there.`);
}

/** The two conditions that the state of a table and the lock of a lake rest on. @throws PanoramaError `lake-unwritable` */
export async function writeOnCondition(storage: Storage, name: string): Promise<void> {
  await ensureObject(storage, name);
  const condition = await ignoredCondition(storage, name, CHECK_CONTENT);
  if (condition !== undefined) throw notHonoured(storage, condition);
}

/**
 * The condition of a write that a storage does not honour, if there is one.
 * @param name of an object that is there
 * @param content what it has; a storage that honours a condition does not write it again
 */
export async function ignoredCondition(
  storage: Storage,
  name: string,
  content: Uint8Array,
): Promise<'If-None-Match' | 'If-Match' | undefined> {
  if ((await storage.putIf(name, content, undefined)) !== undefined) return 'If-None-Match';
  const other = '"00000000000000000000000000000000"';
  return (await storage.putIf(name, content, other)) === undefined ? undefined : 'If-Match';
}

function notHonoured(storage: Storage, condition: string): PanoramaError {
  return new PanoramaError(
    'lake-unwritable',
    `The store of ${storage.root} does not honour the condition ${condition} of a write.`,
    {
      hint: 'Runs at the same time would not notice each other and could undo what the other published. See to it that only one runs, or use a store that has conditional writes.',
    },
  );
}
