import ora, { type Ora } from 'ora';
import pc from 'picocolors';

import type { TableReport } from '../lake/run-ledger.ts';
import type { EventListener, RunEvent, RunReport } from '../pipeline/events.ts';
import { errorJson, failureText, stackText } from './error-text.ts';
import { bytesText, countText, durationText, pluralText, visibleText } from './text.ts';

/** Milliseconds between two lines of progress of one table where there is no terminal. */
const PLAIN_EVERY = 30_000;
/** Milliseconds between two updates on a terminal. */
const TERMINAL_EVERY = 100;

/** A table that is being read. */
interface UnderWay {
  readonly started: number;
  /** When its text was last made anew. */
  shown: number;
  text: string;
}

/** Shows a run while it goes on: on a terminal one moving line for each table under way, elsewhere plain lines. */
export function runView(
  note: (text: string) => void,
  debug = false,
): { listen: EventListener; stop(): void } {
  // A terminal that does not know its width (a pseudo-terminal of a container, say) gets plain lines.
  const terminal = process.stderr.isTTY === true && process.stderr.columns > 0;
  // Taking over standard input would stop a run that was put into the background.
  const spinner: Ora | undefined = terminal
    ? ora({ stream: process.stderr, discardStdin: false })
    : undefined;
  const underWay = new Map<string, UnderWay>();
  let drawn = 0;

  function line(text: string): void {
    spinner?.stop();
    note(text);
    draw();
  }

  function draw(): void {
    if (spinner === undefined) return;
    if (underWay.size === 0) return void spinner.stop();
    drawn = performance.now();
    spinner.text = [...underWay.values()].map(({ text }) => text).join('\n  ');
    if (!spinner.isSpinning) spinner.start();
  }

  function start(table: string): void {
    const now = performance.now();
    underWay.set(table, { started: now, shown: now, text: visibleText(table) });
    draw();
  }

  function progress(event: RunEvent & { type: 'table-progress' }): void {
    const table = underWay.get(event.table);
    if (table === undefined) return;
    const now = performance.now();
    if (now - table.shown < (spinner === undefined ? PLAIN_EVERY : TERMINAL_EVERY)) return;
    table.shown = now;
    table.text = progressText(event, now - table.started);
    if (spinner === undefined) note(table.text);
    else if (now - drawn >= TERMINAL_EVERY) draw();
  }

  function end(table: string | undefined): void {
    if (table !== undefined && underWay.delete(table)) draw();
  }

  function listen(event: RunEvent): void {
    switch (event.type) {
      case 'recovered':
        return line(`${visibleText(event.table)}: a publication that a crash had interrupted was finished`);
      case 'source-open':
        return line(openText(event, debug));
      case 'table-start':
        return start(event.table);
      case 'table-progress':
        return progress(event);
      case 'table-staged':
        return end(event.table);
      case 'retry':
        end(event.table);
        return line(retryText(event));
      case 'table-done':
        return line(`${pc.green('✓')} ${doneText(event)}`);
      case 'table-failed':
        end(event.table);
        line(failureText(visibleText(event.table ?? event.source), event.error));
        if (debug) note(stackText(event.error));
        return;
      case 'notice':
        return line(
          `${pc.yellow('!')} ${visibleText(event.table ?? event.source ?? 'datalake')}: ${event.text}`,
        );
      case 'run-start':
      case 'run-end':
        return undefined;
    }
  }
  return { listen, stop: () => void spinner?.stop() };
}

function openText(event: RunEvent & { type: 'source-open' }, debug: boolean): string {
  const beside = event.parallel > 1 ? `, ${event.parallel} tables at a time` : '';
  const why = debug && event.parallelNote !== undefined ? ` (${event.parallelNote})` : '';
  return `Reading ${event.source}${beside}${why}`;
}

function retryText({ source, table, error, ms, attempt, of }: RunEvent & { type: 'retry' }): string {
  const when = `begun again in ${durationText(ms)} (${attempt} of ${of})`;
  return `${pc.yellow('!')} ${visibleText(table ?? source)}: ${error.message} It is ${when}.`;
}

/** @param ms since the first row was asked for */
function progressText(event: RunEvent & { type: 'table-progress' }, ms: number): string {
  const rate = (event.rows / Math.max(1, ms)) * 1000;
  const percent = event.fraction === undefined ? '' : `  ${Math.floor(event.fraction * 100)} %`;
  return `${visibleText(event.table)}  ${countText(event.rows)} rows  ${countText(Math.round(rate))} rows/s${percent}`;
}

/** One line per table in columns that stand under each other, for names up to the width of most. */
function doneText(table: TableReport): string {
  const rejected = Object.entries(table.rejected).map(
    ([column, count]) => `\n  ${column}: ${countText(count)} zero or impossible dates, stored as NULL`,
  );
  const cells = [
    visibleText(table.table).padEnd(52),
    pluralText(table.rows, 'row').padStart(16),
    bytesText(table.bytes).padStart(10),
    pluralText(table.files, 'file').padStart(10),
    durationText(table.ms).padStart(9),
  ];
  return cells.join(' ') + rejected.join('');
}

/** What a person reads when a run is over. */
export function reportText(report: RunReport): string {
  const sum = (pick: (table: TableReport) => number): number =>
    report.tables.reduce((total, table) => total + pick(table), 0);
  const wall = Date.parse(report.finishedAt) - Date.parse(report.startedAt);
  const failed = report.failures.map((failure) => visibleText(failure.table ?? failure.source));
  const done =
    report.tables.length === 0
      ? 'No table was loaded.'
      : `${pluralText(report.tables.length, 'table')}, ${pluralText(
          sum((t) => t.rows),
          'row',
        )}, ` +
        `${bytesText(sum((t) => t.bytes))} in ${pluralText(
          sum((t) => t.files),
          'file',
        )}, ${durationText(wall)}.`;
  // A table may have failed in several parts.
  const names = [...new Set(failed)];
  return names.length === 0 ? done : `${done} ${names.length} failed: ${names.join(', ')}.`;
}

/** The report as JSON; its fields are a contract (docs/reference/json.md). */
export function reportJson(report: RunReport): string {
  return JSON.stringify({
    startedAt: report.startedAt,
    finishedAt: report.finishedAt,
    exit: report.exit,
    tables: report.tables,
    failures: report.failures.map(({ source, table, error }) => ({
      source,
      table: table ?? null,
      ...errorJson(error),
    })),
  });
}
