import * as z from 'zod';
import { flatSchema, nestedSchema } from './schema.ts';
import { JOBS } from './settings.ts';

type Json = Record<string, unknown>;

/**
 * The JSON schema of settings files, for editors that complete and check YAML while typing: what `settings schema`
 * prints and docs/reference/settings.schema.json holds.
 */
export function renderSettingsSchema(): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'panorama-elt settings',
    anyOf: [
      shape(nestedSchema, 'Sections datalake and datasources'),
      shape(flatSchema, 'All keys at the top (older)'),
    ],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function shape(schema: z.ZodType, title: string): Json {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => adapt(zodSchema._zod.def.type, jsonSchema as Json),
  }) as Json;
  delete json['$schema'];
  return { title, ...json };
}

/** The largest value of the kinds of whole numbers; the least is 1. */
const MOST: Record<string, number> = { port: 65_535, jobs: JOBS.most };

/** What an editor sees is YAML's own reading of a scalar, while the program takes the text as written. */
function adapt(type: string, json: Json): void {
  if (type === 'string') json['type'] = ['string', 'number', 'boolean'];
  const words = json['enum'];
  if (Array.isArray(words) && words.includes('true')) {
    delete json['type'];
    words.push(true, false);
  }
  if (json['secret'] === true) json['writeOnly'] = true;
  const maximum = MOST[String(json['kind'])];
  if (maximum !== undefined) {
    Object.assign(json, { type: ['integer', 'string'], minimum: 1, maximum });
    // A number may also come from the environment, as text.
    delete json['pattern'];
  }
  if (json['example'] !== undefined) json['examples'] = [json['example']];
  for (const own of ['secret', 'kind', 'otherwise', 'example']) delete json[own];
}
