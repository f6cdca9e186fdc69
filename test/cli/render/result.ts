import type { QueryResult, ResultColumn, ResultRow } from '../../../src/engines/engine.ts';

/** A result from values, in groups as an engine gives them. */
export function resultOf(
  columns: readonly (readonly [name: string, kind: ResultColumn['kind']])[],
  ...groups: readonly (readonly ResultRow[])[]
): QueryResult {
  return {
    columns: columns.map(([name, kind]) => ({ name, kind, type: kind.toUpperCase() })),
    async *rows() {
      yield* groups;
    },
    close: async () => {},
  };
}

export async function textOf(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}
