import type { Path } from './document.ts';
import { resolvePath } from './paths.ts';
import type { ModuleOptions, OwnModule } from './settings.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * The module that a section of the settings names, which stands at `at`.
 * @param raw its options are a section of the parsed file, whose leaves are text (see document.ts)
 */
export function ownModule(
  raw: {
    readonly module?: string | undefined;
    readonly options?: Readonly<Record<string, unknown>> | undefined;
  },
  at: Path,
  { paths, placeOf }: Pick<Surroundings, 'paths' | 'placeOf'>,
): OwnModule {
  const written = raw.module ?? '';
  const isPath = /^(\.{1,2}\/|\/|~\/)/.test(written);
  return {
    module: isPath ? resolvePath(written, paths) : written,
    options: (raw.options ?? {}) as ModuleOptions,
    named: { folder: paths.folder, at: placeOf([...at, 'module']) },
  };
}
