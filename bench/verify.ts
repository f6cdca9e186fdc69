import type { MariadbServer } from '../test/servers/mariadb.ts';
import { TABLE } from './dataset.ts';
import { output } from './measure.ts';
import { client, lakeQuery, VIEW } from './subjects.ts';

/** What is compared, each as SQL of the server and as SQL of the lake, both giving the same text. */
const FACTS: readonly { readonly name: string; readonly server: string; readonly lake: string }[] = [
  { name: 'rows', server: 'COUNT(*)', lake: 'count(*)' },
  { name: 'sum of id', server: 'SUM(id)', lake: 'sum(id)' },
  { name: 'bytes of state', server: 'SUM(LENGTH(state))', lake: 'sum(strlen(state))' },
  { name: 'checksum of state', server: 'SUM(ASCII(RIGHT(state, 30)))', lake: 'sum(ascii(right(state, 30)))' },
  { name: 'courses', server: 'COUNT(DISTINCT course_id)', lake: 'count(DISTINCT course_id)' },
  { name: 'bytes of course_id', server: 'SUM(LENGTH(course_id))', lake: 'sum(strlen(course_id))' },
  { name: 'sum of grade', server: 'CAST(SUM(grade) AS INTEGER)', lake: 'sum(grade)::BIGINT' },
  { name: 'first modified', server: sqlTime('MIN'), lake: lakeTime('min') },
  { name: 'last modified', server: sqlTime('MAX'), lake: lakeTime('max') },
];

function sqlTime(name: string): string {
  return `DATE_FORMAT(${name}(modified), '%Y-%m-%d %H:%i:%s.%f')`;
}
function lakeTime(name: string): string {
  return `strftime(${name}(modified), '%Y-%m-%d %H:%M:%S.%f')`;
}

/** A fact of the table as the server and as a lake have it. */
export interface Fact {
  readonly name: string;
  readonly server: string;
  readonly lake: string;
}

/** Asks the server about its table. */
export async function serverFacts(server: MariadbServer, signal: AbortSignal): Promise<readonly string[]> {
  const list = FACTS.map((fact) => fact.server).join(', ');
  const line = await output(client(server, '-e', `SELECT ${list} FROM ${TABLE}`), signal);
  return line.trimEnd().split('\t');
}

/** What a lake says, beside what the server said, through the command line as anybody would ask it. */
export async function lakeFacts(
  lake: string,
  expected: readonly string[],
  signal: AbortSignal,
): Promise<readonly Fact[]> {
  const list = FACTS.map((fact, i) => `CAST(${fact.lake} AS VARCHAR) AS f${i}`).join(', ');
  const rows = JSON.parse(await output(lakeQuery(lake, `SELECT ${list} FROM ${VIEW}`), signal)) as [
    Record<string, string>,
  ];
  return FACTS.map(({ name }, i) => ({ name, server: expected[i]!, lake: String(rows[0][`f${i}`]) }));
}
