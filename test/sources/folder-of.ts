import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { tempDir } from '../temp-dir.ts';

/** A maker of folders with files in them, removed after the tests of the file. */
export function folders(): (files: Readonly<Record<string, string | Uint8Array>>) => string {
  const root = tempDir();
  let count = 0;
  return (files) => {
    const folder = join(root, String(count++));
    mkdirSync(folder);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return folder;
  };
}
