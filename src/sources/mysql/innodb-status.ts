/** Which transactions that write are open, as `SHOW ENGINE INNODB STATUS` tells it. */
export interface OpenWriters {
  /** The next transaction number, from before the list was made. */
  readonly next: string;
  /** The numbers of all transactions that have one and are not over: that write, or are about to. */
  readonly open: ReadonlySet<string>;
  /** Those of them whose changes nobody else sees yet. */
  readonly active: ReadonlySet<string>;
}

/**
 * The part of InnoDB's status that tells of writers; undefined where the text is cut short, or is not what MySQL
 * 8 and 9 and MariaDB print. Transactions that only read have no number of their own there. The text also quotes
 * running statements, which may hold anything: what occurs twice is not believed.
 */
export function openWriters(status: string): OpenWriters | undefined {
  const heads = [...status.matchAll(/^-+\nTRANSACTIONS\n-+\nTrx id counter (\d+)$/gm)];
  const [head] = heads;
  if (heads.length !== 1 || head === undefined) return undefined;
  if (status.includes('... truncated...') || !status.includes('END OF INNODB MONITOR OUTPUT'))
    return undefined;
  const section = status.slice(head.index, status.indexOf('\nFILE I/O\n', head.index));
  if (!section.includes('\nLIST OF TRANSACTIONS FOR EACH SESSION:\n')) return undefined;
  const open = new Set<string>();
  const active = new Set<string>();
  for (const [, number, state] of section.matchAll(/^---TRANSACTION (\d+), (.*)$/gm)) {
    if (state!.startsWith('not started')) continue;
    if (open.has(number!)) return undefined;
    open.add(number!);
    if (/^ACTIVE\b/.test(state!)) active.add(number!);
  }
  return { next: head[1]!, open, active };
}

/**
 * True where no transaction can have become visible between the two moments, so that all snapshots taken between
 * them are the same. A transaction that became visible then would have begun after `before`, and taken a number;
 * or it was open `before` and is no longer.
 */
export function nothingCommitted(before: OpenWriters, after: OpenWriters): boolean {
  return before.next === after.next && [...before.open].every((number) => after.active.has(number));
}
