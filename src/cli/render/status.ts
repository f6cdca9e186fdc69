import type { LakeStatus, Problem } from '../../pipeline/status.ts';
import { bytesText, columnsText, countText, visibleText } from '../text.ts';

/** The tables of a lake with their ages, and what is wrong, as a person reads them. */
export function statusText({ tables, lastRun }: LakeStatus, problems: readonly Problem[]): string {
  const parts: string[] = [];
  if (tables.length > 0) {
    const rows = tables.map(({ table, age, rows: count, bytes, files }) => [
      visibleText(table),
      age === undefined ? 'never loaded' : ageText(age),
      countText(count),
      bytesText(bytes),
      countText(files),
    ]);
    parts.push(columnsText([['table', 'age', 'rows', 'bytes', 'files'], ...rows], [1, 2, 3, 4]));
  }
  if (lastRun !== undefined) {
    const { number, startedAt, state, exit } = lastRun;
    const how = state === 'ended' ? (exit === 0 ? 'done' : `ended with code ${exit}`) : state;
    parts.push(`Last run: ${number}, started ${startedAt}, ${how}`);
  }
  const lines = problems.map(
    ({ table, text }) => `✗ ${table === undefined ? '' : `${visibleText(table)}: `}${visibleText(text)}`,
  );
  parts.push(lines.length === 0 ? 'Nothing is wrong.' : lines.join('\n'));
  return parts.join('\n\n');
}

/** As JSON; the fields are a contract (docs/reference/json.md). */
export function statusJson(
  { tables, lastRun, unfinished }: LakeStatus,
  problems: readonly Problem[],
): string {
  return JSON.stringify({
    tables: tables.map(({ age, loadedAt, ...table }) => ({
      ...table,
      loadedAt: loadedAt ?? null,
      ageSeconds: age === undefined ? null : Math.round(age / 1000),
    })),
    lastRun:
      lastRun === undefined
        ? null
        : {
            number: lastRun.number,
            state: lastRun.state,
            startedAt: lastRun.startedAt,
            finishedAt: lastRun.finishedAt ?? null,
            exit: lastRun.exit ?? null,
          },
    unfinished,
    problems,
  });
}

/** `5 min`, `3 h 10 min`, `2 d 4 h`. */
function ageText(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
