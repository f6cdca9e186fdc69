import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';

import { PanoramaError } from '../../errors.ts';
import { firstBytes, unreadable } from '../files/chunks.ts';
import { DATA_FILES } from '../files/file-errors.ts';
import { workbookKind } from '../files/workbook-kind.ts';

/** An open workbook as the zip archive that it is. */
export interface Archive {
  readonly path: string;
  has(part: string): boolean;
  /** The bytes of a part, in pieces. Their sum is checked. @throws PanoramaError `file-syntax`, `file-truncated` */
  read(part: string, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined>;
  fail(message: string, hint?: string): PanoramaError;
  close(): void;
}

/**
 * Opens a workbook.
 * @throws PanoramaError `unsupported` for a kind of workbook that is not read; `file-unreadable`, `file-truncated`, `file-syntax`
 */
export async function openArchive(path: string): Promise<Archive> {
  let first: Buffer;
  try {
    first = await firstBytes(path);
  } catch (error) {
    throw unreadable(path, error, DATA_FILES);
  }
  const kind = workbookKind(first);
  if (kind === 'compound') throw oldWorkbook(path);
  if (kind === undefined)
    throw syntax(path, 'the file is no Excel workbook', 'Text is read by a source of type csv.');
  const zip = await open(path);
  try {
    const entries = await entriesOf(zip);
    return {
      path,
      has: (part) => entries.has(part),
      read: (part, signal) => readPart(path, zip, entries.get(part), part, signal),
      fail: (message, hint) => syntax(path, message, hint),
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw truncated(path, error);
  }
}

function oldWorkbook(path: string): PanoramaError {
  return new PanoramaError(
    'unsupported',
    `${path} is a workbook in the format of Excel 97 to 2003 (.xls), or one with a password; neither is read.`,
    {
      hint: 'Save it as .xlsx, without a password, or convert it: soffice --headless --convert-to xlsx FILE.xls.',
    },
  );
}

async function open(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { lazyEntries: true, autoClose: false });
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === 'string') throw unreadable(path, error, DATA_FILES);
    throw truncated(path, error);
  }
}

function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.once('end', () => resolve(entries));
    zip.once('error', reject);
    zip.readEntry();
  });
}

async function* readPart(
  path: string,
  zip: ZipFile,
  entry: Entry | undefined,
  part: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  if (entry === undefined) throw syntax(path, `the workbook has no part ${part}`);
  let sum = 0;
  try {
    const stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (signal?.aborted === true) break;
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof PanoramaError ? error : damaged(path, part, error);
  }
  if (signal?.aborted === true)
    throw new PanoramaError('interrupted', `Reading ${path} was interrupted.`, { cause: signal.reason });
  if (sum !== entry.crc32) throw damaged(path, part);
}

function truncated(path: string, cause: unknown): PanoramaError {
  return new PanoramaError(
    DATA_FILES.truncated,
    `${path} is not a whole workbook; its end is missing or damaged.`,
    {
      cause,
    },
  );
}

function damaged(path: string, part: string, cause?: unknown): PanoramaError {
  return new PanoramaError(
    DATA_FILES.truncated,
    `${path} is damaged: its part ${part} is not what was stored.`,
    cause === undefined ? {} : { cause },
  );
}

function syntax(path: string, message: string, hint?: string): PanoramaError {
  return new PanoramaError(DATA_FILES.syntax, `${path}: ${message}.`, hint === undefined ? {} : { hint });
}
