import { readFile } from 'node:fs/promises';

/** What the option files of MySQL say about reaching a server. Values as text, unchecked. */
export interface ClientOptions {
  user?: string;
  password?: string;
  host?: string;
  port?: string;
  socket?: string;
  sslMode?: string;
  sslCa?: string;
  sslCert?: string;
  sslKey?: string;
}

const OPTIONS: Readonly<Record<string, keyof ClientOptions>> = {
  user: 'user',
  password: 'password',
  host: 'host',
  port: 'port',
  socket: 'socket',
  'ssl-mode': 'sslMode',
  'ssl-ca': 'sslCa',
  'ssl-cert': 'sslCert',
  'ssl-key': 'sslKey',
};

/**
 * Reads an option file of MySQL, such as `~/.my.cnf`: groups `[client]` and `[panorama]`, the latter first in
 * rank. Undefined where there is no such file.
 * @throws the error of the file system for any other reason
 */
export async function readOptionFile(file: string): Promise<ClientOptions | undefined> {
  try {
    return parseOptionFile(await readFile(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/**
 * The options of an option file's text. Format: MySQL manual, "Using Option Files". What is not understood
 * (other groups, other options, `!include`) is passed over, as other programs own it.
 */
export function parseOptionFile(text: string): ClientOptions {
  const client: ClientOptions = {};
  const panorama: ClientOptions = {};
  const groups = new Map([
    ['client', client],
    ['panorama', panorama],
  ]);
  let group: ClientOptions | undefined;
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const line = raw.trim();
    if (line === '' || line[0] === '#' || line[0] === ';' || line[0] === '!') continue;
    const header = /^\[([^\]]*)\]/.exec(line);
    if (header !== null) group = groups.get(header[1]!.trim());
    else if (group !== undefined) readOption(line, group);
  }
  return { ...client, ...panorama };
}

function readOption(line: string, into: ClientOptions): void {
  const option = withoutComment(line);
  const equals = option.indexOf('=');
  const name = (equals < 0 ? option : option.slice(0, equals)).trim().replaceAll('_', '-');
  if (equals < 0) {
    if (name === 'ssl') into.sslMode = 'REQUIRED';
    else if (name === 'skip-ssl') into.sslMode = 'DISABLED';
    // A bare `password` asks at the terminal in other clients; here there is nobody to ask.
    return;
  }
  if (!Object.hasOwn(OPTIONS, name)) return;
  into[OPTIONS[name]!] = unquote(option.slice(equals + 1).trim());
}

/** Cuts a comment that begins with `#` outside quotes; `;` begins one only at the start of a line. */
function withoutComment(line: string): string {
  let quote = '';
  let escaped = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (!escaped && (char === '"' || char === "'")) {
      if (quote === '') quote = char;
      else if (quote === char) quote = '';
    }
    if (quote === '' && char === '#') return line.slice(0, i);
    escaped = quote !== '' && char === '\\' && !escaped;
  }
  return line;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  r: '\r',
  s: ' ',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

function unquote(value: string): string {
  const quoted = value.length >= 2 && (value[0] === '"' || value[0] === "'") && value.at(-1) === value[0];
  const inner = quoted ? value.slice(1, -1) : value;
  return inner.replaceAll(/\\([\s\S])/g, (escape, char: string) => ESCAPES[char] ?? escape);
}
