/**
 * Does something with each item, with at most `width` of them at the same time. After a failure no further item is
 * begun; when those under way have ended, the first failure is thrown.
 */
export async function sideBySide<T>(
  items: Iterable<T>,
  width: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const next = items[Symbol.iterator]();
  async function work(): Promise<void> {
    for (let item = next.next(); !item.done && failures.length === 0; item = next.next())
      await act(item.value).catch((error: unknown) => failures.push(error));
  }
  await Promise.all(Array.from({ length: width }, work));
  if (failures.length > 0) throw failures[0];
}
