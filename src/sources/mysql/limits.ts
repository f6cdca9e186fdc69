/** How long a connection may keep its user waiting; milliseconds. */
export interface MysqlLimits {
  /** Until a connection is made and the user logged in. */
  readonly connectMs: number;
  /**
   * Without a byte of an answer that is waited for; then the connection counts as lost. It is also how long a query
   * may think before its first row.
   */
  readonly silenceMs: number;
  /** A statement that is no read of rows, e.g. one that lists tables; the server ends it then. */
  readonly statementMs: number;
  /** Between two signs of life on a connection that is not in use. */
  readonly idleMs: number;
}

export const MYSQL_LIMITS: MysqlLimits = {
  connectMs: 20_000,
  silenceMs: 600_000,
  statementMs: 300_000,
  // Load balancers drop connections over which nothing goes for a few minutes.
  idleMs: 30_000,
};
