import type { ConnectionSources, OutsideOrigin } from './connection.ts';
import type { Path } from './document.ts';
import type { ClientOptions } from './my-cnf.ts';
import type { Secret } from './secret.ts';

/** What normalising needs besides the validated file. */
export interface Surroundings extends Omit<ConnectionSources, 'optionFile' | 'note'> {
  /** The option file a data source names, or the user's own. Undefined where it cannot be read. */
  optionFile(name: string | undefined): Promise<ClientOptions | undefined>;
  /** Told of every value that comes from outside the file, with the place that it would have in it. */
  readonly note?: (path: Path, value: string | Secret, origin: OutsideOrigin) => void;
  /** Notes a problem at a place of the file, or outside the file where there is no path. */
  fault(path: Path | undefined, text: string): void;
  /** File, line and key of a place, for messages, e.g. `panorama_settings.yaml:3: datalake.module`. */
  placeOf(path: Path): string;
}
