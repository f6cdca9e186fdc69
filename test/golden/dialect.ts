/** The raw cells of one line, quotes and escapes as they stand. Quotes are doubled or escaped with a backslash. */
export function csvCells(line: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (character === '\\') {
      cell += character + (line[++i] ?? '');
      continue;
    }
    if (character === '"') quoted = !quoted;
    if (character === ',' && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  return [...cells, cell];
}

/** The text that the original gave to Python's csv module (3.10 and later), from what stands in the file. */
export function goldenText(cell: string): string {
  const inner = cell.startsWith('"') ? cell.slice(1, -1) : cell;
  return inner.replace(/\\(.)/gs, '$1');
}

/**
 * What we write where the original made a mistake, and which mistake it is (see README.md in this folder).
 * @param found what we wrote, for the choices that the recorded file cannot tell: NULL or the empty text, and the
 *   spelling of a number
 */
export function expectedCell(
  column: string,
  golden: string,
  found: string,
): { reason: string; text: string } {
  if (golden === '') return { reason: 'empty text', text: '""' };
  if (/^c_time6?$/.test(column)) return { reason: 'time as MySQL has it', text: mysqlTime(column, golden) };
  if (/^b'|^"b'/.test(golden)) return { reason: 'hexadecimal', text: hexOf(goldenText(golden)) };
  if (isNumber(golden) && isNumber(found)) {
    // FLOAT is read with all of its digits, of which MySQL's own text shows six.
    const same =
      column === 'c_float' ? isClose(Number(golden), Number(found)) : Number(golden) === Number(found);
    if (same) return { reason: 'number as MySQL has it', text: found };
  }
  // A backslash before n or r stands for a line feed or carriage return, and reaches the reader only when escaped.
  const text = goldenText(golden).replace(/\\(.)/gs, (pair, next: string) =>
    next === '\\' ? pair : `\\${pair}`,
  );
  return { reason: 'escaped once', text: `"${text.replaceAll('"', '\\"')}"` };
}

const isClose = (six: number, all: number): boolean => Number(all.toPrecision(6)) === six;

const isNumber = (text: string): boolean => /^-?[0-9.]+(e[+-]?[0-9]+)?$/i.test(text);

/** The text of Python's timedelta in MySQL's own. */
function mysqlTime(column: string, golden: string): string {
  const [, days = '0', hours, rest] = /^"?(?:(-?\d+) days?, )?(\d+):(.*?)"?$/.exec(golden)!;
  const [clock, fraction = ''] = rest!.split('.');
  const seconds = Number(days) * 86_400 + Number(hours) * 3600 + minutesAndSeconds(clock!);
  const size = Math.abs(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const text = `${two(Math.floor(size / 3600))}:${two(Math.floor(size / 60) % 60)}:${two(size % 60)}`;
  return (seconds < 0 ? '-' : '') + text + (column === 'c_time6' ? `.${fraction.padEnd(6, '0')}` : '');
}

function minutesAndSeconds(clock: string): number {
  const [minutes, seconds] = clock.split(':').map(Number);
  return minutes! * 60 + seconds!;
}

/** The bytes of a Python bytes literal. */
function hexOf(literal: string): string {
  const bytes = literal
    .slice(2, -1)
    .replace(/\\\\/g, '\\')
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('hex') || '""';
}
