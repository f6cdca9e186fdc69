import { ERROR_REGISTER, EXIT } from '../../src/errors.ts';
import { GENERATED, table } from './markdown.ts';

const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'All selected tables are done.',
  failed: 'The run failed.',
  usage: 'Wrong usage or settings, an unknown table or source, or nothing selected. No table was published.',
  partial: 'Some tables failed; the others are done.',
  locked: 'Another run holds the lock of the lake. Nothing was done.',
  guard: 'A guard stopped a table: it would have lost many rows, or its columns changed.',
  sigint: 'Interrupted (SIGINT, Ctrl-C).',
  sigterm: 'Terminated (SIGTERM).',
};

/** docs/reference/errors.md, from the register of errors. */
export function renderErrors(): string {
  const exits = (Object.keys(EXIT) as (keyof typeof EXIT)[])
    .map((name) => [EXIT[name], EXIT_MEANINGS[name]] as const)
    .sort(([a], [b]) => a - b);
  const errors = Object.entries(ERROR_REGISTER);
  return `${GENERATED}

# Errors and exit codes

Every error that the program understands has a stable code. Its message says what happened and where; its hint
says what to do next. Neither holds passwords or data of learners. With \`--json\` the code is part of the output.

## Exit codes

${table(
  ['exit code', 'meaning'],
  exits.map(([code, meaning]) => [String(code), meaning]),
)}

## Error codes

"Again" says whether the same command may succeed later without a change.

${table(
  ['code', 'exit', 'again', 'meaning', 'what to do'],
  errors.map(([code, { exit, retryable, title, hint }]) => [
    `\`${code}\``,
    String(exit),
    retryable ? 'yes' : 'no',
    `${title}.`,
    hint,
  ]),
)}
`;
}
