/** A name of a table or column in DuckDB's SQL, whatever it contains. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in DuckDB's SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A list of texts in DuckDB's SQL. */
export function quoteList(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(',')}]`;
}
