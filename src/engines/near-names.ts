import { editDistance } from '../edit-distance.ts';

/** Names that somebody may have meant by `wanted`, best first, at most `limit`. */
export function nearNames(wanted: string, names: readonly string[], limit = 3): string[] {
  const folded = wanted.toLowerCase();
  return names
    .map((name) => ({ name, score: distance(folded, name.toLowerCase()) }))
    .filter(({ score }) => score <= Math.max(2, folded.length / 4))
    .sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name);
}

/** 1 where one name ends with the other, as `…_table_auth_user` does for `auth_user`; else Levenshtein's distance. */
function distance(a: string, b: string): number {
  if (a !== '' && (b.endsWith(a) || a.endsWith(b))) return 1;
  return editDistance(a, b);
}
