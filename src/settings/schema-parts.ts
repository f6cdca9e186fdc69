import * as z from 'zod';
import { Secret } from './secret.ts';

/** What is said of a key besides its description. */
export interface KeyNotes {
  /** Shown as the default; text in angle brackets is a description of it. */
  readonly default?: string | number;
  /** A default that is a rule rather than a value. */
  readonly otherwise?: string;
  readonly example?: string;
}

/** All that the schema of a key says of it. */
export interface KeyMeta extends KeyNotes {
  readonly description?: string;
  readonly secret?: boolean;
  /** What the value is, where its schema alone does not tell. */
  readonly kind?: string;
}

/** The schema of a key without its being optional. */
export function valueSchema(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? (schema as z.ZodOptional<z.ZodType>).unwrap() : schema;
}

/** What the schema of a key says of it. */
export function metaOf(schema: z.ZodType): KeyMeta {
  return (valueSchema(schema).meta() ?? {}) as KeyMeta;
}

/** A key that takes any text. */
export const text = (description: string, notes: KeyNotes = {}) => z.string().meta({ description, ...notes });

/** A key that takes text that is not empty. */
export const name = (description: string, notes: KeyNotes = {}) =>
  z
    .string()
    .min(1, 'expected a name, found empty text')
    .meta({ description, ...notes });

/** A key whose value is never shown. */
export const secret = (description: string) =>
  z
    .string()
    .transform((value) => new Secret(value))
    .meta({ description, secret: true });

/** A key that takes a TCP port. */
export const port = (description: string, notes: KeyNotes) =>
  z
    .string()
    .regex(/^0*[1-9][0-9]{0,4}$/, 'expected a port number from 1 to 65535')
    .transform(Number)
    .refine((value) => value <= 65_535, 'expected a port number from 1 to 65535')
    .meta({ description, ...notes, kind: 'port' });

/** A key that takes one of some words. */
export const choice = <const T extends readonly [string, ...string[]]>(
  values: T,
  description: string,
  notes: KeyNotes = {},
) => z.enum(values).meta({ description, ...notes });
