import { statfs } from 'node:fs/promises';

import { PanoramaError } from '../errors.ts';
import type { TableSettings } from '../settings/settings.ts';
import { baseValuesOf, isOwn, tableKey } from './installation.ts';
import type { ReadContext } from './read-context.ts';

/** The part of what the last load wrote that the next one needs at the very least. */
const LEAST = 0.5;

/**
 * Stops a run that cannot fit, before it asks the source for a row. New files are written beside the old ones, and a
 * table that lost more than a fifth of its rows would not be published; so where not even half of the bytes that the
 * tables have in the lake are free on its disk, the disk will be full before the run is done. Nothing is guessed: a
 * table that the lake does not have yet, is in another format there, or is read in part, counts nothing, and with
 * `allowShrink` there is no check at all.
 * @throws PanoramaError `lake-full`
 */
export async function guardSpace(tables: readonly TableSettings[], context: ReadContext): Promise<void> {
  const { datalake, lake, force, allowShrink } = context;
  if (datalake.type !== 'local' || allowShrink === true) return;
  const baseValues = baseValuesOf(datalake);
  let before = 0;
  for (const { name, partitions } of tables) {
    if (partitions?.interval !== undefined && !force) continue;
    const state = await lake.layout.load(tableKey(datalake, name)).then(
      (current) => current.state,
      // What is wrong with it is told when the table's turn comes.
      () => undefined,
    );
    if (state?.format !== datalake.format) continue;
    for (const file of state.files) if (isOwn(file, baseValues)) before += file.bytes;
  }
  if (before === 0) return;
  const { bavail, bsize } = await statfs(datalake.path);
  const free = bavail * bsize;
  if (free >= before * LEAST) return;
  throw new PanoramaError(
    'lake-full',
    `The disk of ${datalake.path} has ${free} bytes free; the tables to load have ${before} in the lake, and new ` +
      'files are written beside the old ones.',
  );
}
