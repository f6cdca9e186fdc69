/*
 * What a kernel has to say beside its result: which row it stopped at, how many cells it made NULL. Kernels run to
 * their end on one thread, so that one place is enough; TypeScript reads it after the call.
 */

/** The row of the first cell that does not fit its type. */
export let badRow: i32 = -1;
/** The column of that cell, where the kernel works on whole rows. */
export let badColumn: i32 = -1;
/** Cells that the last call made NULL because their type cannot hold them. */
export let rejected: i32 = 0;

export function setBad(row: i32, column: i32): void {
  badRow = row;
  badColumn = column;
}

export function setRejected(count: i32): void {
  rejected = count;
}

export function getBadRow(): i32 {
  return badRow;
}

export function getBadColumn(): i32 {
  return badColumn;
}

export function getRejected(): i32 {
  return rejected;
}
