import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { PAGES } from '../../scripts/docs/pages.ts';
import { ERROR_REGISTER } from '../../src/errors.ts';
import { PLACES } from '../../src/settings/schema.ts';

const root = path.resolve(import.meta.dirname, '../..');

test.each(PAGES.map((page) => [page.path, page] as const))('%s is up to date', async (file, page) => {
  const written = await readFile(path.join(root, file), 'utf8').catch(() => '');
  expect(written === (await page.render()), `${file}: run npm run docs`).toBe(true);
});

test('every key of the settings has a description', () => {
  for (const { schema, where } of PLACES) {
    for (const [key, declared] of Object.entries<z.ZodType>(schema.shape)) {
      const inner = declared instanceof z.ZodOptional ? (declared.unwrap() as z.ZodType) : declared;
      expect(inner.meta()?.description, `${key} ${where}`).toMatch(/^[A-Z`].*\.$/);
    }
  }
});

test('every error code is in the page of errors', async () => {
  const page = await readFile(path.join(root, 'docs/reference/errors.md'), 'utf8');
  for (const code of Object.keys(ERROR_REGISTER)) expect(page).toContain(`| \`${code}\` |`);
});
