import { SaxesParser } from 'saxes';

import { PanoramaError } from '../../errors.ts';
import type { Archive } from './archive.ts';

/** What a reader of a part is told; names are without their prefixes. */
export interface XmlHandler {
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  text?(text: string): void;
  close?(name: string): void;
}

/**
 * More bytes than any element of a workbook has (Excel's longest text has 32,767 characters): the parser holds a text
 * until its end, and a small archive can hold one of any length.
 */
const MOST_ELEMENT_BYTES = 64 << 20;

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/**
 * Reads a part of a workbook as XML and comes back after each piece of it, so that what was found can be taken away.
 * Entities of a document type are not followed.
 * @throws PanoramaError `file-syntax` for what is no XML
 */
export async function* readXml(
  archive: Archive,
  part: string,
  handler: XmlHandler,
  signal?: AbortSignal,
): AsyncGenerator<void, void, undefined> {
  const parser = new SaxesParser({ position: false, xmlns: false });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let waiting = 0;
  parser.on('opentag', ({ name, attributes }) => {
    waiting = 0;
    handler.open?.(localName(name), attributes);
  });
  parser.on('closetag', ({ name }) => handler.close?.(localName(name)));
  parser.on('text', (text) => handler.text?.(text));
  parser.on('cdata', (text) => handler.text?.(text));
  parser.on('error', (error) => {
    throw error;
  });
  const guarded = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (error instanceof PanoramaError) throw error;
      throw archive.fail(`its part ${part} is not well-formed XML`);
    }
  };
  for await (const chunk of archive.read(part, signal)) {
    waiting += chunk.length;
    guarded(() => parser.write(decoder.decode(chunk, { stream: true })));
    if (waiting > MOST_ELEMENT_BYTES) throw archive.fail(`its part ${part} has an element without end`);
    yield;
  }
  guarded(() => parser.write(decoder.decode()).close());
  yield;
}

/** As {@link readXml}, for a part that is small. */
export async function readWholeXml(archive: Archive, part: string, handler: XmlHandler): Promise<void> {
  for await (const _ of readXml(archive, part, handler)) continue;
}

/** An attribute by its name without a prefix. */
export function attribute(attributes: Readonly<Record<string, string>>, name: string): string | undefined {
  if (attributes[name] !== undefined) return attributes[name];
  const key = Object.keys(attributes).find((candidate) => localName(candidate) === name);
  return key === undefined ? undefined : attributes[key];
}

/**
 * Text of a cell as it was typed: Excel writes characters that XML cannot hold, and a text that looks so, as `_x000D_`.
 */
export function unescapeText(text: string): string {
  return text.includes('_x')
    ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 16)),
      )
    : text;
}
