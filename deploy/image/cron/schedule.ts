/** What a crontab says, as crontab(5) has it. */

/** A line with a command. */
export interface Job {
  /** Number of its line in the file, from 1. */
  readonly line: number;
  readonly command: string;
  /** True where the command is due in the minute of this time, in the time zone of the process. */
  due(time: Date): boolean;
}

/** The jobs of a crontab and the variables that its lines set. */
export interface Crontab {
  readonly jobs: readonly Job[];
  readonly variables: Readonly<Record<string, string>>;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS = [
  { name: 'minute', from: 0, to: 59, names: [] },
  { name: 'hour', from: 0, to: 23, names: [] },
  { name: 'day of the month', from: 1, to: 31, names: [] },
  { name: 'month', from: 1, to: 12, names: MONTHS },
  { name: 'day of the week', from: 0, to: 7, names: DAYS },
] as const satisfies readonly Field[];

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Words for the numbers, from `from` on. */
  readonly names: readonly string[];
}

const WORDS: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/**
 * Reads a crontab of one user: five fields and a command, `@hourly` and its like, `NAME=value`, comments. The file of
 * a system, with a user before the command, is none. `@reboot` and input after `%` are refused.
 * @throws Error that names the line and what is wrong with it
 */
export function readCrontab(text: string): Crontab {
  const jobs: Job[] = [];
  const variables: Record<string, string> = {};
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const variable = /^(\w+)\s*=\s*(.*)$/.exec(line);
    if (variable !== null) {
      variables[variable[1]!] = variable[2]!.replace(/^(["'])(.*)\1$/, '$2');
      continue;
    }
    try {
      jobs.push({ line: index + 1, ...readJob(line) });
    } catch (error) {
      throw new Error(`line ${index + 1}: ${(error as Error).message}`, { cause: error });
    }
  }
  return { jobs, variables };
}

function readJob(line: string): Omit<Job, 'line'> {
  const [word] = line.split(/\s/, 1);
  const fields = word!.startsWith('@') ? WORDS[word!] : undefined;
  if (word!.startsWith('@') && fields === undefined) throw new Error(`${word} is not supported`);
  const parts = /^((?:\S+\s+){5})(\S.*)$/.exec(`${fields ?? word}${line.slice(word!.length)}`);
  if (parts === null) throw new Error('five fields of time and a command are expected');
  const command = parts[2]!;
  if (/(?<!\\)%/.test(command)) throw new Error('input after % is not supported; write \\% for the sign');
  const [minute, hour, day, month, weekday] = parts[1]!
    .trim()
    .split(/\s+/)
    .map((text, index) => readField(text, FIELDS[index]!));
  return {
    command: command.replaceAll('\\%', '%'),
    due: (time) => {
      // Both restricted: either is enough. A field that begins with * counts as open, with a step, too.
      const days = [
        day!.has(time.getDate()),
        weekday!.has(time.getDay()) || (time.getDay() === 0 && weekday!.has(7)),
      ];
      const restricted = [day!, weekday!].every(({ open }) => !open);
      return (
        minute!.has(time.getMinutes()) &&
        hour!.has(time.getHours()) &&
        month!.has(time.getMonth() + 1) &&
        (restricted ? days.some(Boolean) : days.every(Boolean))
      );
    },
  };
}

interface Numbers {
  readonly open: boolean;
  has(number: number): boolean;
}

function readField(text: string, field: Field): Numbers {
  const numbers = new Set<number>();
  for (const item of text.split(',')) {
    const [, range, step] = /^([^/]+)(?:\/(\d+))?$/.exec(item) ?? [];
    const ends =
      range === '*' ? [field.from, field.to] : range?.split('-').map((end) => readNumber(end, field));
    const [first, last = step === undefined ? first : field.to] = ends ?? [];
    if (first === undefined || last === undefined || ends!.length > 2 || last < first || step === '0')
      throw new Error(`the field of the ${field.name} cannot be read: ${text}`);
    for (let number = first; number <= last; number += Number(step ?? 1)) numbers.add(number);
  }
  return { open: text.startsWith('*'), has: (number) => numbers.has(number) };
}

function readNumber(text: string, { from, to, names }: Field): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  const number = named >= 0 ? named + from : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return number >= from && number <= to ? number : undefined;
}
