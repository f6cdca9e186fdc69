import { isAlias, isPair, isScalar, parseDocument, visit } from 'yaml';
import type { Document, Scalar } from 'yaml';
import type * as z from 'zod';
import { PLACES } from '../schema.ts';
import { metaOf } from '../schema-parts.ts';
import { MASK } from '../secret.ts';
import { spliced } from './splice.ts';
import type { Splice } from './splice.ts';

/** The names of the keys that hold secrets. */
export const SECRET_KEYS: ReadonlySet<string> = new Set(
  PLACES.flatMap(({ schema }) => secretKeys(schema.shape)),
);

function secretKeys(shape: Readonly<Record<string, z.ZodType>>): string[] {
  return Object.entries(shape).flatMap(([key, schema]) => (metaOf(schema).secret === true ? [key] : []));
}

/** True for a name that says of itself that it holds a secret, for options of modules, whose keys nobody declares. */
export function soundsSecret(key: string): boolean {
  return /(?:password|passwd|secret|token|key|credentials?)$/i.test(key);
}

/**
 * The text of a settings file with {@link MASK} in place of every secret, also in lines that are commented out. A
 * secret that is nothing but a variable of the environment is left as it is.
 */
export function maskedText(source: string): string {
  const document = parseDocument(source, { schema: 'failsafe', logLevel: 'error' });
  const splices = new Map<Scalar, Splice>();
  visit(document, {
    Pair: (_, { key, value }, around) => {
      const name = keyOf(key);
      const inOptions = around.some((part) => isPair(part) && keyOf(part.key) === 'options');
      const isSecret = SECRET_KEYS.has(name) || (inOptions && soundsSecret(name));
      for (const scalar of isSecret ? scalarsOf(document, value) : []) note(scalar);
    },
  });
  function note(scalar: Scalar): void {
    const [from, to] = scalar.range!;
    const written = source.slice(from, to);
    if (written.replaceAll(/['"\s]/g, '') === '' || /^(['"]?)\$\{\w+\}\1$/.test(written)) return;
    splices.set(scalar, { from, to, text: MASK + (written.endsWith('\n') ? '\n' : '') });
  }
  // Scalars do not overlap.
  return spliced(source, [...splices.values()])!.replaceAll(COMMENTED, (_, start: string) => start + MASK);
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

function scalarsOf(document: Document, value: unknown): Scalar[] {
  const node = isAlias(value) ? value.resolve(document) : value;
  return isScalar(node) ? [node] : [];
}

const COMMENTED = new RegExp(`(#.*\\b(?:${[...SECRET_KEYS].join('|')})['"]?\\s*[:=]\\s*)\\S.*`, 'g');
