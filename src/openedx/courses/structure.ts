/** A version of the tree of a course, as the modulestore keeps it. */
export interface CourseStructure {
  readonly root: BlockKey;
  /** In the order of the modulestore, which is none that learners see. */
  readonly blocks: readonly StructureBlock[];
}

/** Names a block within a structure. */
export interface BlockKey {
  readonly type: string;
  readonly id: string;
}

/** The key as one text, for maps. A type never has a NUL. */
export const blockName = ({ type, id }: BlockKey): string => `${type}\0${id}`;

/** A block with the fields that are written at itself; absent where they are not. */
export interface StructureBlock extends BlockKey {
  readonly displayName?: string;
  readonly children: readonly BlockKey[];
  /** The number as Python prints it. */
  readonly weight?: string;
  /** The ObjectId of its definition, 24 hexadecimal digits. */
  readonly definition?: string;
  /** How many questions its XML has, where that is kept with the block; null where it has none. */
  readonly responses?: number | null;
  readonly format?: string;
  readonly graded?: boolean;
  readonly visibleToStaffOnly?: boolean;
  /** UTC, `YYYY-MM-DD HH:MM:SS[.ffffff]`. */
  readonly due?: string;
  readonly start?: string;
  readonly editedOn?: string;
  /** Names of fields whose values are of another kind than they should be. */
  readonly unreadable: readonly string[];
}

/** Tags of the questions inside a problem that have points of their own. */
const RESPONSES =
  /<(?:choice|multiplechoice|truefalse|option|numerical|string|custom|symbolic|code|external|formula|schematic|image|annotation|choicetext)response/g;

/** How many questions the XML of a problem has, outside of comments; each is a point where the problem has no weight. */
export function countResponses(data: string): number {
  return data.replace(/<!--[^]*?(?:-->|$)/g, '').match(RESPONSES)?.length ?? 0;
}

/** True for a block whose weight must be counted in its definition. */
export function needsCount(block: StructureBlock): boolean {
  return block.type === 'problem' && block.weight === undefined && block.responses === undefined;
}
