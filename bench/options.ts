import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const USAGE = `npm run bench -- [options]        (needs MariaDB's server and client, Linux, and a built package)

  --rows N       rows of the table, 2000000
  --rounds N     rounds, 5
  --only NAMES   only these subjects, e.g. one-file,dump; what they are compared with comes along
  --peers        also mydumper, DuckDB's mysql extension, dlt and sling; installs them into the cache first
  --slope        also a quarter and four times of the rows, three runs each, and an empty table
  --shapes       also a table of small rows, one of 150 columns, and one of rows of 1 MiB
  --s3           also loads into S3 beside plain uploads of the same files; builds an S3 server first
  --startup      also \`panorama --help\` against \`node -e 0\`
  --profile      also one run of each of our loads with node --cpu-prof
  --all          all of these, as \`make bench\` has it
  --check        exit 1 where a limit of bench/thresholds.json is not kept
  --out FOLDER   where latest.md and latest.json go, bench/results`;

export interface Options {
  readonly rows: number;
  readonly rounds: number;
  readonly only: readonly string[] | undefined;
  readonly peers: boolean;
  readonly slope: boolean;
  readonly shapes: boolean;
  readonly s3: boolean;
  readonly startup: boolean;
  readonly profile: boolean;
  readonly check: boolean;
  readonly out: string;
}

/** @throws Error with a plain message on wrong usage */
export function parseOptions(argv: readonly string[]): Options {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rows: { type: 'string', default: '2000000' },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string' },
      peers: flag,
      slope: flag,
      shapes: flag,
      s3: flag,
      startup: flag,
      profile: flag,
      all: flag,
      check: flag,
      out: { type: 'string', default: fileURLToPath(new URL('results', import.meta.url)) },
    },
  });
  const { all, check, out } = values;
  return {
    rows: whole('--rows', values.rows, 1000),
    rounds: whole('--rounds', values.rounds, 1),
    only: values.only?.split(',').map((name) => name.trim()),
    peers: all || values.peers,
    slope: all || values.slope,
    shapes: all || values.shapes,
    s3: all || values.s3,
    startup: all || values.startup,
    profile: all || values.profile,
    check,
    out,
  };
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= least))
    throw new Error(`${option} must be a whole number from ${least} on`);
  return value;
}

/**
 * The subjects that `--only` names, with what they are compared with.
 * @throws Error where a name is none of theirs
 */
export function choose<S extends { readonly name: string; readonly reference: string }>(
  subjects: readonly S[],
  only: readonly string[] | undefined,
): readonly S[] {
  if (only === undefined) return subjects;
  const unknown = only.find((name) => !subjects.some((subject) => subject.name === name));
  if (unknown !== undefined) throw new Error(`--only: there is no ${unknown}`);
  const references = subjects.filter(({ name }) => only.includes(name)).map(({ reference }) => reference);
  return subjects.filter(({ name }) => only.includes(name) || references.includes(name));
}
