import { clockText, isoTime, SECOND } from '../clock.ts';
import { answerJson } from '../courses/problems.ts';
import type { Block } from '../courses/tree.ts';
import type { LeafVisit } from '../learners/activity.ts';
import { Random, STREAM } from '../random.ts';
import type { Site } from '../site.ts';

/*
 * The JSON texts in courseware_studentmodule.state, spelled as Python's json.dumps does: a space after each
 * comma and colon, ASCII only.
 */

/** The state of a capa problem: how often it was tried, and what the last answers were and came to. */
export function problemState(block: Block, leaf: LeafVisit, random: Random): string {
  const problem = block.problem!;
  const seed = 1 + random.int(999);
  if (leaf.attempts === 0) return `{"seed": ${seed}, "input_state": {${inputs(block, () => '{}')}}}`;
  const right = (part: number): boolean => (leaf.right & (1 << part)) !== 0;
  const answers = inputs(block, (part) => answerJson(problem, part, right(part), random));
  const map = inputs(block, (part) => correctness(right(part)));
  const rightParts = problem.parts.filter((_, part) => right(part)).length;
  return (
    `{"attempts": ${leaf.attempts}, "correct_map": {${map}}, "correct_map_history": [], "done": true, ` +
    `"input_state": {${inputs(block, () => '{}')}}, "last_submission_time": "${isoTime(leaf.last)}", ` +
    `"score": {"raw_earned": ${rightParts}, "raw_possible": ${problem.parts.length}}, ` +
    `"score_history": [], "seed": ${seed}, "student_answers": {${answers}}, "student_answers_history": []}`
  );
}

function inputs(block: Block, value: (part: number) => string): string {
  return block.problem!.parts.map((_, part) => `"${block.id}_${part + 2}_1": ${value(part)}`).join(', ');
}

function correctness(right: boolean): string {
  return (
    `{"correctness": "${right ? 'correct' : 'incorrect'}", "npoints": null, "msg": "", "hint": "", ` +
    `"hintmode": null, "queuestate": null, "answervariable": null}`
  );
}

/** The state of a video: where it was left, and the speed where it was changed. */
export function videoState(block: Block, leaf: LeafVisit): string {
  const position = leaf.complete ? block.seconds! * SECOND : leaf.last - leaf.at;
  const speed = leaf.at % 7 === 0 ? ', "speed": 1.5' : '';
  return `{"saved_video_position": "${clockText(position)}"${speed}}`;
}

/** The state of randomized content: the children drawn for the learner. */
export function selectionState(leaf: LeafVisit): string {
  const drawn = leaf.drawn!.map((child) => `["${child.type}", "${child.id}"]`);
  return `{"selected": [${drawn.join(', ')}]}`;
}

/** The state of an essay: only a link to the submission. */
export function essayState(site: Site, e: number): string {
  return `{"has_saved": false, "submission_uuid": "${submissionUuid(site, e)}"}`;
}

/** The UUID of the essay of an enrolment. */
export function submissionUuid(site: Site, e: number): string {
  return new Random(site.seed, STREAM.submission, e).hex(32);
}
