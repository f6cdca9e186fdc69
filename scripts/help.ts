/** Writes the texts that `panorama --help` and `--version` print, beside the compiled command line. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { helpTexts } from './help-texts.ts';

const file = path.resolve(import.meta.dirname, '../dist/cli/help.json');
await writeFile(file, JSON.stringify(helpTexts()));
