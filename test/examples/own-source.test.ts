import { cp, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ALL_TYPES, collectRows, type ExpectedTable, sourceContract } from 'panorama-elt/contracts/source';
import { describe, expect, it } from 'vitest';

import { openSource } from '../../examples/own-source/json-lines.mjs';
import { cli } from '../cli/cli.ts';
import { tempDir } from '../temp-dir.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/own-source/', import.meta.url));
const root = tempDir();
let counter = 0;

async function open(folder: string) {
  return (await openSource({ name: 'survey', options: { path: '.' }, folder })).open();
}

/** Files of a table in a new folder. @param lines the text of the file */
async function folderOf(lines: string | Buffer, fields: readonly object[]): Promise<string> {
  const folder = join(root, String(counter++));
  await mkdir(folder);
  await writeFile(join(folder, 't.jsonl'), lines);
  await writeFile(join(folder, 't.schema.json'), JSON.stringify({ fields }));
  return folder;
}

/** The rows of the table, cells as text. */
async function readAll(folder: string) {
  const session = await open(folder);
  try {
    return await collectRows(session.read({ table: 't', fields: (await session.describe('t')).fields }));
  } finally {
    await session.close();
  }
}

/** A table of the suite in the two files of the example. */
async function writeTable(folder: string, { table, primaryKey, fields, rows }: ExpectedTable): Promise<void> {
  const schema = fields.map(([name, type, nullable]) => ({
    name,
    type: type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.kind,
    nullable,
  }));
  const lines = rows.map((row) =>
    JSON.stringify(
      Object.fromEntries(
        row.map((cell, i) => {
          const [name, { kind }] = fields[i]!;
          const text =
            cell !== null && kind === 'binary' ? Buffer.from(cell as string).toString('base64') : cell;
          return [name, text];
        }),
      ),
    ),
  );
  await writeFile(join(folder, `${table}.jsonl`), lines.map((line) => `${line}\n`).join(''));
  await writeFile(join(folder, `${table}.schema.json`), JSON.stringify({ primaryKey, fields: schema }));
}

sourceContract('the example of a source', async (tables) => {
  const folder = join(root, 'contract');
  await mkdir(folder);
  for (const table of tables) await writeTable(folder, table);
  const source = await openSource({ name: 'survey', options: { path: 'contract' }, folder: root });
  return { source, dispose: async () => {} };
});

it('the suite has every type', () => {
  const kinds = new Set(ALL_TYPES.flatMap(({ fields }) => fields.map(([, { kind }]) => kind)));
  expect(kinds.size).toBe(10);
});

it('loads by its settings file', async () => {
  const folder = join(root, 'example');
  await mkdir(folder);
  await cp(join(EXAMPLE, 'data'), join(folder, 'data'), { recursive: true });
  await cp(join(EXAMPLE, 'panorama_settings.yaml'), join(folder, 'panorama_settings.yaml'));
  await symlink(join(EXAMPLE, 'json-lines.mjs'), join(folder, 'json-lines.mjs'));
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli(args, { cwd: folder });
    expect(code, stderr).toBe(0);
    return stdout;
  };
  expect(await run('test-connections')).toContain(`${folder}/data: 1 tables`);
  await run('extract-and-load', '--all');
  const sql = 'SELECT id, hours_per_week, would_recommend, comment FROM survey_table_answers ORDER BY id';
  expect((await run('query', '--csv', sql)).split('\r\n')).toEqual([
    'id,hours_per_week,would_recommend,comment',
    '9007199254740993,3.5,true,"The labs, more of them."',
    '9007199254740994,,true,',
    '9007199254740995,12.0,false,""',
    '',
  ]);
});

describe('lines', () => {
  const id = { name: 'id', type: 'int64' };

  it('of later belong to the next session, also where the file is another one', async () => {
    const folder = await folderOf('{"id":1}\n', [id]);
    const session = await open(folder);
    await writeFile(join(folder, 't.jsonl'), '{"id":2}\n', { flag: 'a' });
    await writeFile(join(folder, 'new'), '{"id":3}\n');
    const read = async () =>
      collectRows(session.read({ table: 't', fields: (await session.describe('t')).fields }));
    expect(await read()).toEqual([['1']]);
    await rename(join(folder, 'new'), join(folder, 't.jsonl'));
    expect(await read()).toEqual([['1']]);
    await session.close();
    expect(await readAll(folder)).toEqual([['3']]);
  });

  it('may be longer than what is read at a time, and hold what looks like their end', async () => {
    const long = 'ü\u2028'.repeat(100_000);
    const folder = await folderOf(`${JSON.stringify({ text: long })}\n{"text":"x"}\r\n`, [
      { name: 'text', type: 'text' },
    ]);
    expect(await readAll(folder)).toEqual([[Buffer.from(long).toString('latin1')], ['x']]);
  });

  it('without a column have NULL there, whatever objects have by themselves', async () => {
    const folder = await folderOf('{}\n{"id":null}\n', [id, { name: 'constructor', type: 'text' }]);
    expect(await readAll(folder)).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  it.each<[string, string | Buffer, object, string, string]>([
    ['not JSON', '{"id":1}\nsecret\n', id, 'bad-value', 't.jsonl:2 is not JSON.'],
    ['an empty line', '{"id":1}\n\n', id, 'bad-value', 't.jsonl:2 is not JSON.'],
    ['no object', '["secret"]\n', id, 'bad-value', 't.jsonl:1 is not a JSON object.'],
    ['null', 'null\n', id, 'bad-value', 't.jsonl:1 is not a JSON object.'],
    [
      'no UTF-8',
      Buffer.from('{"id":"\xff"}\n', 'latin1'),
      id,
      'bad-value',
      't.jsonl holds bytes that are not UTF-8.',
    ],
    [
      'the last one cut off',
      '{"id":1}\n{"id":2',
      id,
      'source-failed',
      't.jsonl ends in the middle of a line.',
    ],
    [
      'the last one without its end',
      '{"id":1}',
      id,
      'source-failed',
      't.jsonl ends in the middle of a line.',
    ],
    [
      'a number that is no longer exact',
      '{"id":9007199254740993}\n',
      id,
      'bad-value',
      't.jsonl:1: the value of id is no int64.',
    ],
    ['a fraction', '{"id":1.5}\n', id, 'bad-value', 't.jsonl:1: the value of id is no int64.'],
    ['another type', '{"id":true}\n', id, 'bad-value', 't.jsonl:1: the value of id is no int64.'],
    ['a list', '{"id":["secret"]}\n', id, 'bad-value', 't.jsonl:1: the value of id is no int64.'],
    [
      'a decimal as a number',
      '{"d":0.1}\n',
      { name: 'd', type: 'decimal(3,1)' },
      'bad-value',
      't.jsonl:1: the value of d is no decimal.',
    ],
    [
      'no base64',
      '{"b":"secret!"}\n',
      { name: 'b', type: 'binary' },
      'bad-value',
      't.jsonl:1: the value of b is no binary.',
    ],
    ['half a character', '{"t":"\\ud83d"}\n', { name: 't', type: 'text' }, 'bad-value', 'surrogate'],
  ])('%s: refused, without the value', async (_, lines, field, code, text) => {
    await expect(readAll(await folderOf(lines, [field]))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text) as string,
    });
    await expect(readAll(await folderOf(lines, [field]))).rejects.toMatchObject({
      message: expect.not.stringContaining('secret') as string,
    });
  });
});

describe('what cannot be opened', () => {
  it('no folder', async () => {
    await expect(open(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'source-unreachable' });
  });

  it('no option', async () => {
    await expect(async () => openSource({ name: 's', options: {}, folder: root })).rejects.toThrow(
      'options.path',
    );
  });

  it.each([
    ['an unknown type', { name: 'a', type: 'varchar' }, 'there is no type varchar'],
    ['too long a decimal', { name: 'a', type: 'decimal(39,0)' }, 'there is no type decimal(39,0)'],
    [
      'more digits behind the point than there are',
      { name: 'a', type: 'decimal(2,3)' },
      'no type decimal(2,3)',
    ],
  ])('%s', async (_, field, text) => {
    await expect(open(await folderOf('', [field]))).rejects.toMatchObject({
      code: 'source-failed',
      message: expect.stringContaining(text) as string,
    });
  });

  it('no schema', async () => {
    const folder = await folderOf('', []);
    await rename(join(folder, 't.schema.json'), join(folder, 'other.json'));
    await expect(open(folder)).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining('t.schema.json') as string,
    });
  });
});
