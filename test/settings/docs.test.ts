import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
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

/** The schema for editors, as a validator of what YAML itself makes of a file. */
async function editorSchema() {
  const text = await readFile(path.join(root, 'docs/reference/settings.schema.json'), 'utf8');
  return z.fromJSONSchema(JSON.parse(text) as z.core.JSONSchema.JSONSchema);
}

test.each([
  'test/settings/fixtures/newer.yaml',
  'test/settings/fixtures/flat.yaml',
  'examples/settings/local-from-dump.yaml',
  'examples/settings/local-from-mysql.yaml',
  'examples/settings/local-from-csv.yaml',
  'examples/settings/local-from-xls.yaml',
  'examples/settings/athena-from-mysql.yaml',
])('the schema for editors takes %s', async (file) => {
  const data: unknown = parse(await readFile(path.join(root, file), 'utf8'));
  expect((await editorSchema()).safeParse(data).error?.issues).toBeUndefined();
});

test.each([
  ['an unknown key', 'datalake: { path: a, pth: b }'],
  ['a wrong choice', 'datalake: { path: a, format: x }'],
  ['a section for text', 'datalake: { path: { a: b } }'],
  ['a port that is none', 'datalake: { path: a }\ndatasources: [{ type: mysql, mysql_port: 70000 }]'],
  ['a source without location', 'datalake: { path: a }\ndatasources: [{ type: dump }]'],
])('the schema for editors refuses %s', async (_, yaml) => {
  expect((await editorSchema()).safeParse(parse(yaml)).success).toBe(false);
});
