import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { MASK, Secret } from '../../src/settings/secret.ts';

const secret = new Secret('canary');

test.each([
  ['template text', `${secret}`],
  ['concatenation', '' + String(secret)],
  ['toString', secret.toString()],
  ['toPrimitive', `${secret as unknown as number}`],
  ['JSON', JSON.parse(JSON.stringify(secret))],
  ['inspect', inspect(secret)],
  ['format, as console.log does', format('%s', secret)],
  ['format with %o', format('%o', secret).includes('canary') ? 'canary' : MASK],
])('is masked in %s', (_, printed) => expect(printed).toBe(MASK));

test.each([
  ['inspect with hidden properties', inspect({ a: [secret] }, { showHidden: true, depth: 9 })],
  ['inspect without custom printing', inspect({ a: secret }, { customInspect: false, showHidden: true })],
  ['its own properties', JSON.stringify(Object.getOwnPropertyDescriptors(secret))],
  ['a structured clone', inspect(structuredClone(secret))],
])('does not show in %s', (_, printed) => expect(printed).not.toContain('canary'));

test('comes out through reveal only', () => expect(secret.reveal()).toBe('canary'));
