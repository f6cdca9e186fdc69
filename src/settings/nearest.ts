/** The number of single-character insertions, deletions and replacements that turn one text into the other. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/**
 * The name a user most likely meant, or undefined where none is near: spelled alike (up to a third of its
 * letters, at least two, differ), or one holds the other as whole words (`password` in `mysql_password`).
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(word);
  let best: { name: string; score: number } | undefined;
  for (const name of candidates) {
    const other = plain(name);
    const spelled = distance(wanted, other);
    const limit = Math.min(Math.max(2, Math.floor(other.length / 3)), other.length - 1);
    const holds = `_${other}_`.includes(`_${wanted}_`) || `_${wanted}_`.includes(`_${other}_`);
    const score = spelled <= limit ? spelled : holds ? 100 + spelled : undefined;
    if (score !== undefined && (best === undefined || score < best.score)) best = { name, score };
  }
  return best?.name;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-. ]/g, '_');
}
