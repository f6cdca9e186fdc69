import ora, { type Ora } from 'ora';
import pc from 'picocolors';

import type { EventListener, RunEvent, RunReport, TableReport } from '../pipeline/events.ts';
import { errorJson, failureText, stackText } from './error-text.ts';
import { bytesText, countText, durationText, pluralText, visibleText } from './text.ts';

/** Milliseconds between two lines of progress of one table where there is no terminal. */
const PLAIN_EVERY = 30_000;
/** Milliseconds between two updates on a terminal. */
const TERMINAL_EVERY = 100;

/** Shows a run while it goes on: one moving line on a terminal, plain lines elsewhere. */
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
  let started = 0;
  let shown = 0;

  function line(text: string): void {
    spinner?.stop();
    note(text);
  }

  function progress(event: RunEvent & { type: 'table-progress' }): void {
    const now = performance.now();
    if (now - shown < (terminal ? TERMINAL_EVERY : PLAIN_EVERY)) return;
    shown = now;
    const rate = (event.rows / Math.max(1, now - started)) * 1000;
    const percent = event.fraction === undefined ? '' : `  ${Math.floor(event.fraction * 100)} %`;
    const text = `${visibleText(event.table)}  ${countText(event.rows)} rows  ${countText(Math.round(rate))} rows/s${percent}`;
    if (spinner === undefined) note(text);
    else {
      spinner.text = text;
      if (!spinner.isSpinning) spinner.start();
    }
  }

  function listen(event: RunEvent): void {
    switch (event.type) {
      case 'recovered':
        return line(`${visibleText(event.table)}: a publication that a crash had interrupted was finished`);
      case 'source-open':
        return line(`Reading ${event.source}`);
      case 'table-start':
        started = shown = performance.now();
        if (spinner !== undefined) spinner.start(visibleText(event.table));
        return;
      case 'table-progress':
        return progress(event);
      case 'table-done':
        return line(`${pc.green('✓')} ${doneText(event)}`);
      case 'table-failed':
        line(failureText(visibleText(event.table ?? event.source), event.error));
        if (debug) note(stackText(event.error));
        return;
      case 'notice':
        return line(`${pc.yellow('!')} ${visibleText(event.table ?? event.source)}: ${event.text}`);
      case 'run-start':
      case 'run-end':
        return undefined;
    }
  }
  return { listen, stop: () => void spinner?.stop() };
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
  return failed.length === 0 ? done : `${done} ${failed.length} failed: ${failed.join(', ')}.`;
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
