import { BSON, type Document, Double, Int32, Long, ObjectId } from 'bson';

import { courseKey } from '../../openedx/courses/course-key.ts';
import type { ActiveVersion } from '../../openedx/courses/rows.ts';
import {
  type BlockKey,
  blockName,
  type CourseStructure,
  countResponses,
  type StructureBlock,
} from '../../openedx/courses/structure.ts';
import { doubleText, isoTimestamp, timestampOf } from './values.ts';

/*
 * The documents of the split modulestore: edx-platform, xmodule/modulestore/split_mongo (structure_to_mongo,
 * MongoPersistenceBackend). Whole numbers and doubles stay apart.
 */

/** @throws Error that says in what the bytes are no document */
function decode(bytes: Uint8Array): Document {
  try {
    return BSON.deserialize(bytes, { promoteValues: false, promoteLongs: false });
  } catch (error) {
    // What the stack of JavaScript has no room for.
    throw error instanceof RangeError ? new Error('it is nested too deeply', { cause: error }) : error;
  }
}

/** The `_id` of a document as 24 hexadecimal digits, or undefined where it is no ObjectId. */
export function documentId(bytes: Uint8Array): string | undefined {
  if (startsWithId(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset + 9, 12).toString('hex');
  const { _id } = decode(bytes);
  return _id instanceof ObjectId ? _id.toHexString() : undefined;
}

/** The first bytes of an element `_id` of type ObjectId. */
const ID_HEAD = [0x07, ...Buffer.from('_id\0')];

/** How many of a document's first bytes {@link documentId} needs where {@link startsWithId} holds. */
export const HEAD_BYTES = 22;

/** True where an `_id` that is an ObjectId comes first, as the server always stores it: it is read without the rest. */
export function startsWithId(bytes: Uint8Array): boolean {
  return bytes.length >= HEAD_BYTES && ID_HEAD.every((byte, i) => bytes[4 + i] === byte);
}

/**
 * The structure in a document of `modulestore.structures`.
 * @throws Error that says what is missing, in plain text without an end mark
 */
export function readStructure(bytes: Uint8Array): CourseStructure {
  const { root, blocks } = decode(bytes);
  const top = blockKey(root);
  if (top === undefined) throw new Error('its root is not a type and an id');
  if (!Array.isArray(blocks)) throw new Error('its blocks are not a list');
  const structure = { root: top, blocks: blocks.map(readBlock) };
  if (!structure.blocks.some((block) => blockName(block) === blockName(top)))
    throw new Error(`its root ${top.type} ${top.id} is not among its blocks`);
  return structure;
}

function blockKey(value: unknown): BlockKey | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [type, id] = value as unknown[];
  return typeof type === 'string' && typeof id === 'string' ? { type, id } : undefined;
}

function readBlock(value: unknown, place: number): StructureBlock {
  const { block_type: type, block_id: id, fields, definition, edit_info: edit } = section(value);
  if (typeof type !== 'string' || typeof id !== 'string')
    throw new Error(`block ${place} has no type and id`);
  const block = readFields({ type, id }, section(fields), section(edit), blockKey);
  return definition instanceof ObjectId ? { ...block, definition: definition.toHexString() } : block;
}

/**
 * A block with the fields that are written at it.
 * @param child reads an entry of its children
 */
function readFields(
  { type, id }: BlockKey,
  own: Document,
  edit: Document,
  child: (entry: unknown) => BlockKey | undefined,
): StructureBlock {
  const unreadable: string[] = [];
  /** A field's value, or undefined, with a note, where it is there and of another kind. */
  const field = <T>(name: string, read: (found: unknown) => T | undefined, from = own): T | undefined => {
    const found: unknown = from[name];
    if (found === undefined || found === null) return undefined;
    const result = read(found);
    if (result === undefined) unreadable.push(name);
    return result;
  };
  const children = field('children', list) ?? [];
  const keys = children.map(child);
  if (keys.includes(undefined)) unreadable.push('children');
  return {
    type,
    id,
    children: keys.filter((key) => key !== undefined),
    unreadable,
    ...present({
      displayName: field('display_name', text),
      weight: type === 'problem' ? field('weight', numberText) : undefined,
      format: field('format', text),
      graded: field('graded', boolean),
      visibleToStaffOnly: field('visible_to_staff_only', boolean),
      due: field('due', timestamp),
      start: field('start', timestamp),
      editedOn: field('edited_on', timestamp, edit),
    }),
  };
}

/** Without the entries that are undefined. */
function present<T extends object>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

const section = (value: unknown): Document =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
const list = (value: unknown): unknown[] | undefined => (Array.isArray(value) ? value : undefined);
const boolean = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : numberText(value);
}

/** A number as Python prints it, so that a whole double keeps its `.0`; also one that stands as text. */
function numberText(value: unknown): string | undefined {
  if (value instanceof Int32 || value instanceof Long) return value.toString();
  if (value instanceof Double) return doubleText(value.value);
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? value : undefined;
}

function timestamp(value: unknown): string | undefined {
  if (value instanceof Date) return timestampOf(value);
  return typeof value === 'string' ? isoTimestamp(value) : undefined;
}

/** How many questions a document of `modulestore.definitions` has; null where it has no XML that can be read. */
export function readResponses(bytes: Uint8Array): number | null {
  try {
    const { data } = section(decode(bytes)['fields']);
    return typeof data === 'string' ? countResponses(data) : null;
  } catch {
    return null;
  }
}

/** The branches of `modulestore.active_versions`. */
const BRANCHES = [
  ['published-branch', 'published'],
  ['draft-branch', 'draft'],
  ['library', 'library'],
] as const;

/** The versions in a document of `modulestore.active_versions`. */
export function readActiveVersions(bytes: Uint8Array): (ActiveVersion & { readonly version: string })[] {
  const { org, course, run, versions } = decode(bytes);
  if ([org, course, run].some((part) => typeof part !== 'string'))
    throw new Error('org, course and run are not text');
  return BRANCHES.flatMap(([name, branch]) => {
    const version: unknown = section(versions)[name];
    if (!(version instanceof ObjectId)) return [];
    const key = courseKey(branch === 'library' ? 'library' : 'course', org, course, run);
    return [{ key, branch, version: version.toHexString() }];
  });
}

/*
 * The documents of the collection `modulestore`, in which courses were kept before the split modulestore: edx-platform,
 * common/lib/xmodule/xmodule/modulestore/mongo/base.py up to Olive. A document is a block; blocks of all runs of a course
 * lie together, and what is below which root says to which run they belong.
 */

/** What names a block there. */
interface OldId {
  readonly organization: string;
  readonly course: string;
  readonly type: string;
  readonly id: string;
}

/** The published block in a document, or undefined for a draft and for what is no block. */
export function readOldBlock(bytes: Uint8Array): (OldId & { readonly block: StructureBlock }) | undefined {
  const { _id, definition, metadata, edit_info: edit } = decode(bytes);
  const { tag, org, course, category: type, name: id, revision } = section(_id);
  if (tag !== 'i4x' || (revision !== null && revision !== undefined)) return undefined;
  if ([org, course, type, id].some((part) => typeof part !== 'string')) return undefined;
  const { children, data } = section(definition);
  const block = readFields({ type, id }, { ...section(metadata), children }, section(edit), oldChild);
  const xml: unknown = typeof data === 'string' ? data : section(data)['data'];
  const responses = typeof xml === 'string' ? countResponses(xml) : null;
  return { organization: org, course, type, id, block: type === 'problem' ? { ...block, responses } : block };
}

function oldChild(entry: unknown): BlockKey | undefined {
  const [, type, id] = /^i4x:\/\/[^/]+\/[^/]+\/([^/]+)\/([^/]+)$/.exec(String(entry)) ?? [];
  return type === undefined || id === undefined ? undefined : { type, id };
}
