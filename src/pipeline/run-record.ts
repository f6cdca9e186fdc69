import { hostname } from 'node:os';

import { asPanoramaError } from '../errors.ts';
import {
  beginRun,
  type OpenRun,
  type RunEventRecord,
  type RunFailure,
  type TableReport,
} from '../lake/run-ledger.ts';
import type { Storage } from '../storage/storage.ts';
import { packageVersion } from '../version.ts';
import type { EventListener, Failure, RunEvent } from './events.ts';
import type { Selection } from './plan.ts';

/** Keeps the record of a run in the lake, from the events of the run. */
export interface RunRecorder {
  /** Passes events on and keeps those that a record has. */
  readonly listen: EventListener;
  /**
   * Does the work of the run, which changes the lake, between the record's beginning and its end. A record that cannot
   * be written at the end becomes a notice, for the work is done.
   */
  during(storage: Storage, work: () => Promise<number>): Promise<void>;
}

/** @param command what was asked for, as one would type it */
export function recordRun(command: string, startedAt: string, emit: EventListener): RunRecorder {
  const events: RunEventRecord[] = [];
  const tables: TableReport[] = [];
  const failures: RunFailure[] = [];

  function keep(event: RunEvent): void {
    if (event.type === 'table-progress' || event.type === 'run-start' || event.type === 'run-end') return;
    if (event.type === 'table-done') {
      const { type: _, ...report } = event;
      tables.push(report);
    }
    if (event.type === 'table-failed') {
      failures.push(failureRecord(event));
      return;
    }
    events.push({ at: new Date().toISOString(), ...event });
  }

  async function finish(run: OpenRun, exit: number): Promise<void> {
    try {
      await run.finish({ finishedAt: new Date().toISOString(), exit, tables, failures, events });
    } catch (error) {
      const { message } = asPanoramaError(error);
      emit({ type: 'notice', text: `the record of this run could not be written: ${message}` });
    }
  }

  return {
    listen(event) {
      keep(event);
      emit(event);
    },
    async during(storage, work) {
      const program = packageVersion();
      const run = await beginRun(storage, {
        command,
        program,
        host: hostname(),
        pid: process.pid,
        startedAt,
      });
      let exit: number;
      try {
        exit = await work();
      } catch (error) {
        const known = asPanoramaError(error);
        failures.push({ code: known.code, message: known.message });
        await finish(run, known.exit);
        throw error;
      }
      await finish(run, exit);
    },
  };
}

function failureRecord({ source, table, error }: Failure): RunFailure {
  return { source, ...(table === undefined ? {} : { table }), code: error.code, message: error.message };
}

/** A selection as it stands on a command line. */
export function selectionText({ all, datasource, tables }: Selection): string {
  return [
    ...(all === true ? ['--all'] : []),
    ...(datasource === undefined ? [] : ['--datasource', datasource]),
    ...(tables === undefined ? [] : ['--tables', tables.join(',')]),
  ].join(' ');
}
