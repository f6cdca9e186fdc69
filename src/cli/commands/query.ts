import type { Command } from 'commander';

import type { QueryResult } from '../../engines/engine.ts';
import { PanoramaError } from '../../errors.ts';
import { type CommandContext, globals, LAKE_OPTION, withLake } from '../context.ts';

interface QueryCommandOptions {
  readonly file?: string;
  readonly csv?: boolean;
  readonly parquet?: string;
}

export function registerQuery(program: Command, context: CommandContext): void {
  const command = program.command('query').summary('ask the lake in SQL');
  command
    .description(
      'Runs one SELECT on the views of the lake (DuckDB SQL). It reads only; a load may go on at the same time.',
    )
    .argument('[sql]', 'the statement')
    .option('-f, --file <file>', 'read the statement from a file; - is standard input')
    .option('--csv', 'print comma-separated values')
    .option('--parquet <file>', 'write the result to a Parquet file')
    .option(...LAKE_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  panorama query "SELECT count(*) FROM openedx_table_auth_user"
  panorama query "SELECT course_id, count(*) AS learners FROM openedx_table_student_courseenrollment GROUP BY 1 ORDER BY 2 DESC"
  panorama query -f report.sql --csv > report.csv
  panorama query -f report.sql --parquet report.parquet`,
    )
    .action(async (sql: string | undefined, options: QueryCommandOptions) => {
      const statement = await statementOf(sql, options.file);
      const json = globals(command).json === true;
      if ([json, options.csv === true, options.parquet !== undefined].filter(Boolean).length > 1) {
        throw new PanoramaError('usage', 'Only one of --csv, --json and --parquet can be given.');
      }
      await withLake(command, async (lake) => {
        if (options.parquet !== undefined) {
          if (lake.engine.exportParquet === undefined) {
            throw new PanoramaError(
              'unsupported',
              `The engine ${lake.engine.name} writes no Parquet files.`,
              {
                hint: 'Take --csv or --json, or CREATE TABLE AS in the engine itself.',
              },
            );
          }
          const summary = await lake.engine.exportParquet(statement, options.parquet, {
            signal: context.signal,
          });
          const { bytesText, pluralText } = await import('../text.ts');
          context.note(
            `${pluralText(summary.rows, 'row')}, ${bytesText(summary.bytes)} in ${options.parquet}`,
          );
          return;
        }
        const result = await lake.engine.query(statement, { signal: context.signal });
        await print(await rendered(result, json ? 'json' : options.csv === true ? 'csv' : 'table'));
      });
    });
}

async function rendered(result: QueryResult, form: 'json' | 'csv' | 'table'): Promise<AsyncIterable<string>> {
  switch (form) {
    case 'json':
      return (await import('../render/json.ts')).renderJson(result);
    case 'csv':
      return (await import('../render/csv.ts')).renderCsv(result);
    case 'table':
      return (await import('../render/table.ts')).renderTable(result);
  }
}

async function statementOf(sql: string | undefined, file: string | undefined): Promise<string> {
  if ((sql === undefined) === (file === undefined)) {
    throw new PanoramaError('usage', 'Give one statement: as an argument, or in a file with -f.');
  }
  if (sql !== undefined) return sql;
  try {
    if (file === '-') return await (await import('node:stream/consumers')).text(process.stdin);
    return await (await import('node:fs/promises')).readFile(file!, 'utf8');
  } catch (cause) {
    throw new PanoramaError('usage', `The file ${file} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

/** Writes as fast as the reader takes it; a reader that went away (`| head`) ends the output quietly. */
async function print(chunks: AsyncIterable<string>): Promise<void> {
  const out = process.stdout;
  for await (const chunk of chunks) {
    if (out.destroyed || out.errored !== null) break;
    if (!out.write(chunk)) await drainedOrLost(out);
  }
}

function drainedOrLost(out: NodeJS.WriteStream): Promise<void> {
  const events = ['drain', 'close', 'error'];
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) out.off(event, done);
      resolve();
    };
    for (const event of events) out.on(event, done);
  });
}
