import type { ConnectionSources } from './connection.ts';
import type { Path } from './document.ts';
import type { ClientOptions } from './my-cnf.ts';

/** What normalising needs besides the validated file. */
export interface Surroundings extends Omit<ConnectionSources, 'optionFile'> {
  /** The option file a data source names, or the user's own. Undefined where it cannot be read. */
  optionFile(name: string | undefined): Promise<ClientOptions | undefined>;
  /** Notes a problem at a place of the file, or outside the file where there is no path. */
  fault(path: Path | undefined, text: string): void;
  /** File, line and key of a place, for messages, e.g. `panorama_settings.yaml:3: datalake.module`. */
  placeOf(path: Path): string;
}
