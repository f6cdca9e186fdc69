import type { RunRecord } from '../../lake/run-ledger.ts';
import { bytesText, columnsText, countText, durationText, pluralText, visibleText } from '../text.ts';

/** The runs of a lake as a person reads them: one line each. */
export function runsText(runs: readonly RunRecord[]): string {
  if (runs.length === 0) return 'The lake has no record of a run yet.';
  const rows = runs.map((run) => [
    countText(run.number),
    run.startedAt,
    tookText(run),
    countText(run.tables.length),
    countText(run.tables.reduce((rows, table) => rows + table.rows, 0)),
    countText(run.failures.length),
    outcomeText(run),
    visibleText(run.command),
  ]);
  const heads = ['run', 'started', 'took', 'tables', 'rows', 'failed', 'ended', 'command'];
  return columnsText([heads, ...rows], [0, 2, 3, 4, 5]);
}

/** As JSON; the fields are a contract (docs/reference/json.md). */
export function runsJson(runs: readonly RunRecord[]): string {
  const listed = runs.map((run) => {
    const { events: _, version: __, ...rest } = run;
    return rest;
  });
  return JSON.stringify(listed);
}

export function runText(run: RunRecord): string {
  const parts = [
    `Run ${run.number}: ${visibleText(run.command)}`,
    [
      `Started ${run.startedAt} by panorama-elt ${run.program} on ${visibleText(run.host)}, process ${run.pid}`,
      ...(run.finishedAt === undefined ? [] : [`Ended ${run.finishedAt} after ${tookText(run)}`]),
      `Outcome: ${outcomeText(run)}`,
    ].join('\n'),
  ];
  if (run.tables.length > 0) {
    const rows = run.tables.map((table) => [
      visibleText(table.table),
      countText(table.rows),
      bytesText(table.bytes),
      countText(table.files),
      durationText(table.ms),
    ]);
    parts.push(columnsText([['table', 'rows', 'bytes', 'files', 'took'], ...rows], [1, 2, 3, 4]));
  }
  if (run.failures.length > 0) {
    const lines = run.failures.map(
      ({ source, table, code, message }) =>
        `✗ ${visibleText(table ?? source ?? 'run')}: ${visibleText(message)} [${code}]`,
    );
    parts.push(lines.join('\n'));
  }
  const told = run.events.filter(({ type }) => type === 'notice' || type === 'recovered');
  if (told.length > 0) parts.push(told.map(eventText).join('\n'));
  return parts.join('\n\n');
}

/** As JSON; the fields are a contract (docs/reference/json.md). */
export function runJson(run: RunRecord): string {
  const { version: _, ...rest } = run;
  return JSON.stringify(rest);
}

function eventText({ at, type, table, source, text }: RunRecord['events'][number]): string {
  const about = typeof table === 'string' ? table : typeof source === 'string' ? source : 'run';
  const what = type === 'recovered' ? 'an interrupted publication was finished' : String(text);
  return `${at} ${visibleText(about)}: ${visibleText(what)}`;
}

function tookText({ startedAt, finishedAt }: RunRecord): string {
  return finishedAt === undefined ? '' : durationText(Date.parse(finishedAt) - Date.parse(startedAt));
}

function outcomeText({ state, exit, tables, failures }: RunRecord): string {
  if (state === 'running') return 'running, or ended without a word';
  if (state === 'abandoned') return 'without a word';
  if (exit === 0) return 'done';
  return `code ${exit}${failures.length > 0 && tables.length > 0 ? `, ${pluralText(tables.length, 'table')} done` : ''}`;
}
