import { createTwoFilesPatch, formatPatch } from 'diff';

/** The most lines added and removed for which the shortest change is looked for: it takes their number squared, here about a second. */
const MOST_EDITS = 2000;

/**
 * The change of a file in the unified form, without an end mark. Where very much changed, all lines between the first
 * and the last change are shown as removed and added.
 */
export function diffText(name: string, before: string, after: string): string {
  const patch =
    createTwoFilesPatch(name, name, before, after, undefined, undefined, {
      context: 3,
      maxEditLength: MOST_EDITS,
    }) ?? wholePatch(name, before, after);
  return patch.slice(patch.indexOf('---')).trimEnd();
}

function wholePatch(name: string, before: string, after: string): string {
  const [old, next] = [before.trimEnd().split('\n'), after.trimEnd().split('\n')];
  const least = Math.min(old.length, next.length);
  let start = 0;
  while (start < least && old[start] === next[start]) start++;
  let end = 0;
  while (end < least - start && old.at(-1 - end) === next.at(-1 - end)) end++;
  const removed = old.slice(start, old.length - end);
  const added = next.slice(start, next.length - end);
  return formatPatch({
    oldFileName: name,
    newFileName: name,
    oldHeader: undefined,
    newHeader: undefined,
    hunks: [
      {
        oldStart: start + 1,
        oldLines: removed.length,
        newStart: start + 1,
        newLines: added.length,
        lines: [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)],
      },
    ],
  });
}
