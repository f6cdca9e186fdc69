import { editDistance } from '../edit-distance.ts';

/**
 * The name a user most likely meant, or undefined where none is near: spelled alike (up to a third of its
 * letters, at least two, differ), or one holds the other as whole words (`password` in `mysql_password`).
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(word);
  let best: { name: string; score: number } | undefined;
  for (const name of candidates) {
    const other = plain(name);
    const spelled = editDistance(wanted, other);
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
