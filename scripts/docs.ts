/**
 * Writes the reference pages that are made from code. With `--check` nothing is written: the pages that are out
 * of date are named and the exit code is 1.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PAGES } from './docs/pages.ts';

const root = path.resolve(import.meta.dirname, '..');
const check = process.argv.includes('--check');

for (const page of PAGES) {
  const file = path.join(root, page.path);
  const text = await page.render();
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) continue;
  if (check) {
    console.error(`${page.path} is out of date; run npm run docs`);
    process.exitCode = 1;
  } else {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(page.path);
  }
}
