/** A text in DuckDB's SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A list of texts in DuckDB's SQL. */
export function quoteList(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(',')}]`;
}
