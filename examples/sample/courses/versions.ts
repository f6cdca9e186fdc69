import { AS_OF, DAY, HOUR, SECOND, WEEK, type Micros } from '../clock.ts';
import { Random, STREAM, type Seed } from '../random.ts';
import type { Course } from './tree.ts';

/** One structure document of a branch: which sections it holds, and what was renamed until then. */
export interface Version {
  /** The ObjectId, 24 hexadecimal digits. */
  readonly id: string;
  readonly at: Micros;
  /** How many chapters of the tree it holds. */
  readonly sections: number;
  /** How many rounds of small edits (a renamed block, a moved one) it has seen. */
  readonly edits: number;
  /** Holds a unit that was never published. */
  readonly unpublished: boolean;
}

/** The versions of both branches of a run, oldest first. */
export interface CourseVersions {
  readonly published: readonly Version[];
  readonly draft: readonly Version[];
}

/** An ObjectId as MongoDB makes them: seconds, then bytes that are random here by the seed. */
export function objectId(at: Micros, random: Random): string {
  return (
    Math.floor(at / SECOND)
      .toString(16)
      .padStart(8, '0') + random.hex(16)
  );
}

/**
 * The history of a run: its first half is published a month before the start, the rest before learners get
 * there, and small corrections follow. Nothing is published after the backup; the draft is ahead.
 */
export function buildVersions(seed: Seed, course: Course): CourseVersions {
  const random = new Random(seed, STREAM.version, course.index);
  const { spec, sections } = course;
  const all = sections.length;
  const half = spec.selfPaced ? all : Math.ceil(all / 2);
  const steps = [
    { at: spec.start - 30 * DAY, sections: half, edits: 0 },
    { at: spec.start - 2 * DAY, sections: half, edits: 1 },
    { at: spec.start + 2 * WEEK, sections: all, edits: 1 },
    { at: spec.start + 5 * WEEK, sections: all, edits: 2 },
  ].map((step) => ({ ...step, at: step.at + 8 * HOUR + random.int(9 * 3_600_000) * 1000 }));
  // A run that is far ahead has been published once, a while ago.
  const past = steps.filter((step) => step.at < AS_OF);
  const shown = past.length > 0 ? past : [{ ...steps[0]!, at: AS_OF - 20 * DAY }];
  const version = (step: (typeof steps)[number], unpublished: boolean): Version => ({
    ...step,
    id: objectId(step.at, random),
    unpublished,
  });
  const published = shown.map((step) => version(step, false));
  const draft = shown.map((step) => version({ ...step, at: step.at - 300 * SECOND }, false));
  const last = shown.at(-1)!;
  const ahead = Math.min(last.at + 3 * DAY, AS_OF - DAY);
  draft.push(version({ at: ahead, sections: all, edits: last.edits + 1 }, true));
  return { published, draft };
}

/** The published version that learners saw at a time. */
export function versionAt(versions: CourseVersions, at: Micros): Version {
  const { published } = versions;
  for (let i = published.length - 1; i > 0; i--) if (published[i]!.at <= at) return published[i]!;
  return published[0]!;
}
