// @ts-check
/**
 * A folder of JSON lines as a source. A table is two files: `<table>.jsonl` with an object per line, and
 * `<table>.schema.json` with its columns and their types, for types are never guessed from values.
 *
 * Whoever writes the files appends whole lines, or renames a complete file over the old one.
 */
import { open, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { batchesOf, PanoramaError } from 'panorama-elt';

/**
 * @typedef {import('panorama-elt').Field} Field
 * @typedef {import('panorama-elt').TableSchema} TableSchema
 * @typedef {import('node:fs/promises').FileHandle} FileHandle
 */

/** @type {import('panorama-elt').OwnSourceModule['openSource']} */
export function openSource({ name, options, folder }) {
  const { path } = options;
  if (typeof path !== 'string') throw new Error('options.path must be the folder of the files');
  const root = resolve(folder, path);
  return { name, type: 'json-lines', open: ({ signal } = {}) => openSession(root, signal) };
}

/**
 * Opens and measures all files at once, so that what is written later belongs to the next session.
 * @param {string} root
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<import('panorama-elt').SourceSession>}
 */
async function openSession(root, signal) {
  /** @type {Map<string, { file: FileHandle, size: number, schema: TableSchema }>} */
  const tables = new Map();
  async function close() {
    for (const { file } of tables.values()) await file.close();
  }
  try {
    const ending = '.jsonl';
    for (const name of (await readdir(root)).filter((entry) => entry.endsWith(ending)).sort()) {
      const table = name.slice(0, -ending.length);
      const schema = await readSchema(root, table);
      const file = await open(join(root, name));
      tables.set(table, { file, schema, size: 0 });
      tables.set(table, { file, schema, size: (await file.stat()).size });
    }
  } catch (cause) {
    await close();
    if (cause instanceof PanoramaError) throw cause;
    throw new PanoramaError('source-unreachable', `Files of ${root} cannot be opened: ${textOf(cause)}.`, {
      hint: 'Check options.path in the settings and the rights of the files.',
      cause,
    });
  }

  /** @param {string} table */
  function find(table) {
    const found = tables.get(table);
    if (found === undefined) throw new PanoramaError('unknown-table', `${root} holds no table ${table}.`);
    return found;
  }

  return {
    tables: async () => [...tables.keys()],
    describe: async (table) => find(table).schema,
    async *read({ table, fields }) {
      const { file, size, schema } = find(table);
      for (const { name } of fields) {
        if (schema.fields.some((field) => field.name === name)) continue;
        throw new PanoramaError('unknown-column', `Table ${table} of ${root} has no column ${name}.`);
      }
      yield* batchesOf(fields.length, rowsOf(file, size, fields, join(root, `${table}.jsonl`), signal));
    },
    check: async () => [`${root}: ${tables.size} tables`],
    close,
  };
}

/**
 * `{ "primaryKey": ["id"], "fields": [{ "name": "id", "type": "int64", "nullable": false }] }`; nullable unless said
 * otherwise, types as {@link typeOf} has them.
 * @param {string} root
 * @param {string} table
 * @returns {Promise<TableSchema>}
 */
async function readSchema(root, table) {
  const path = join(root, `${table}.schema.json`);
  const text = await readFile(path, 'utf8');
  try {
    const { primaryKey = [], fields } = JSON.parse(text);
    return {
      table,
      primaryKey,
      fields: fields.map((/** @type {{ name: string, type: string, nullable?: boolean }} */ field) => ({
        name: field.name,
        type: typeOf(field.type),
        nullable: field.nullable ?? true,
        declared: field.type,
      })),
    };
  } catch (cause) {
    throw new PanoramaError('source-failed', `The schema ${path} cannot be used: ${textOf(cause)}.`, {
      hint: 'Correct the file.',
      cause,
    });
  }
}

/** @type {readonly import('panorama-elt').FieldKind[]} */
const KINDS = ['boolean', 'int32', 'int64', 'float32', 'float64', 'date', 'timestamp', 'text', 'binary'];

/**
 * One of {@link KINDS}, or `decimal(precision,scale)`.
 * @param {string} declared
 * @returns {import('panorama-elt').FieldType}
 */
function typeOf(declared) {
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(declared) ?? [];
  if (Number(precision) <= 38 && Number(scale) <= Number(precision))
    return { kind: 'decimal', precision: Number(precision), scale: Number(scale) };
  const kind = KINDS.find((known) => known === declared);
  if (kind === undefined || kind === 'decimal') throw new Error(`there is no type ${declared}`);
  return { kind };
}

/**
 * @param {FileHandle} file
 * @param {number} size
 * @param {readonly Field[]} fields
 * @param {string} path for messages, which hold no values
 * @param {AbortSignal | undefined} signal
 */
async function* rowsOf(file, size, fields, path, signal) {
  let line = 0;
  for await (const text of linesOf(file, size, path, signal)) {
    const at = `${path}:${++line}`;
    let values;
    try {
      values = JSON.parse(text);
    } catch {
      throw new PanoramaError('bad-value', `${at} is not JSON.`);
    }
    if (typeof values !== 'object' || values === null || Array.isArray(values))
      throw new PanoramaError('bad-value', `${at} is not a JSON object.`);
    yield fields.map((field) =>
      Object.hasOwn(values, field.name) ? cellOf(values[field.name], field, at) : null,
    );
  }
}

/**
 * The lines within the first bytes of a file. A last line without its end is one that is still being written, or the
 * end of a file that was cut off: reading must not end there as if all were well.
 * @param {FileHandle} file
 * @param {number} size
 * @param {string} path
 * @param {AbortSignal | undefined} signal
 */
async function* linesOf(file, size, path, signal) {
  if (size === 0) return;
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  /** @param {Uint8Array} bytes */
  function decode(bytes) {
    try {
      return utf8.decode(bytes);
    } catch {
      throw new PanoramaError('bad-value', `${path} holds bytes that are not UTF-8.`);
    }
  }
  /** @type {Uint8Array[]} */
  let begun = [];
  for await (const chunk of file.createReadStream({ start: 0, end: size - 1, autoClose: false, signal })) {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      yield decode(Buffer.concat([...begun, chunk.subarray(from, end)]));
      begun = [];
      from = end + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
  if (begun.length > 0)
    throw new PanoramaError('source-failed', `${path} ends in the middle of a line.`, {
      hint: 'Wait until it is written, or have it written again.',
    });
}

/**
 * The canonical text of a value (see `Batch`), or the bytes of a binary one, which stands as base64. Whole numbers that
 * JavaScript cannot hold exactly, and decimals, stand as text.
 * @param {unknown} value
 * @param {Field} field
 * @param {string} at
 * @returns {import('panorama-elt').Cell}
 */
function cellOf(value, { name, type: { kind } }, at) {
  if (value === null) return null;
  if (typeof value === 'string' && kind !== 'binary') return value;
  if (typeof value === 'boolean' && kind === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number' && (kind === 'float32' || kind === 'float64')) return String(value);
  if (typeof value === 'number' && (kind === 'int32' || kind === 'int64') && Number.isSafeInteger(value))
    return String(value);
  if (typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value)
    return Buffer.from(value, 'base64');
  throw new PanoramaError('bad-value', `${at}: the value of ${name} is no ${kind}.`);
}

/** @param {unknown} error */
function textOf(error) {
  return error instanceof Error ? error.message : String(error);
}
