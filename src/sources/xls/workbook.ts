import { PanoramaError } from '../../errors.ts';
import { type Archive, openArchive } from './archive.ts';
import { type DateFormat, dateFormat } from './number-formats.ts';
import { attribute, readWholeXml } from './xml.ts';

/** What a workbook says of itself, without the contents of its sheets. */
export interface Workbook {
  /** Sheets of cells in their order, hidden ones too. */
  readonly sheets: readonly Sheet[];
  /** Names of sheets of another kind, such as charts. */
  readonly others: readonly string[];
  readonly from1904: boolean;
  /** By the number of a cell's style: what its numbers stand for where they are dates. */
  readonly formats: readonly (DateFormat | undefined)[];
  /** The part with the texts, where there is one. */
  readonly strings: string | undefined;
}

export interface Sheet {
  readonly name: string;
  readonly part: string;
}

interface Relation {
  readonly type: string;
  readonly target: string;
}

/** @throws PanoramaError `unsupported`, `file-unreadable`, `file-truncated`, `file-syntax` */
export async function readWorkbook(path: string): Promise<Workbook> {
  const archive = await openArchive(path);
  try {
    return await readParts(archive);
  } finally {
    archive.close();
  }
}

async function readParts(archive: Archive): Promise<Workbook> {
  const main = await mainPart(archive);
  const listed: { name: string; id: string }[] = [];
  let from1904 = false;
  await readWholeXml(archive, main, {
    open(name, attributes) {
      if (name === 'workbookPr') from1904 = /^(1|true|on)$/.test(attribute(attributes, 'date1904') ?? '');
      if (name !== 'sheet') return;
      listed.push({ name: attribute(attributes, 'name') ?? '', id: attribute(attributes, 'id') ?? '' });
    },
  });
  const relations = await relationsOf(archive, main);
  const ofType = (type: string): string | undefined =>
    [...relations.values()].find((relation) => relation.type === type)?.target;
  const sheets: Sheet[] = [];
  const others: string[] = [];
  for (const { name, id } of listed) {
    const relation = relations.get(id);
    if (relation === undefined) throw archive.fail(`nothing in it tells where the sheet ${name} is`);
    if (relation.type === 'worksheet') sheets.push({ name, part: relation.target });
    else others.push(name);
  }
  const formats = await readFormats(archive, ofType('styles'));
  return { sheets, others, from1904, formats, strings: ofType('sharedStrings') };
}

async function mainPart(archive: Archive): Promise<string> {
  const root = archive.has('_rels/.rels') ? [...(await relationsOf(archive, '')).values()] : [];
  const main = root.find(({ type }) => type === 'officeDocument')?.target;
  if (main !== undefined && archive.has(main) && /\.xml$/i.test(main)) return main;
  const binary = main !== undefined && /\.bin$/i.test(main);
  const kind = binary
    ? 'a binary workbook (.xlsb)'
    : archive.has('content.xml')
      ? 'an OpenDocument (.ods)'
      : undefined;
  if (kind === undefined) throw archive.fail('the file is a zip archive, but no Excel workbook');
  throw new PanoramaError('unsupported', `${archive.path} is ${kind}, which is not read.`, {
    hint: 'Save it as .xlsx, or convert it: soffice --headless --convert-to xlsx FILE.',
  });
}

/** What a part refers to, by id. The types are the last words of their addresses, which differ by edition. */
async function relationsOf(archive: Archive, part: string): Promise<Map<string, Relation>> {
  const relations = new Map<string, Relation>();
  const [, folder = '', file = ''] = /^(.*\/)?([^/]*)$/.exec(part) ?? [];
  const list = `${folder}_rels/${file}.rels`;
  if (!archive.has(list)) return relations;
  await readWholeXml(archive, list, {
    open(name, attributes) {
      if (name !== 'Relationship') return;
      const target = attribute(attributes, 'Target') ?? '';
      const type = (attribute(attributes, 'Type') ?? '').split('/').at(-1)!;
      const path = new URL(target, `file:///${folder}`).pathname.slice(1);
      relations.set(attribute(attributes, 'Id') ?? '', { type, target: decodeURIComponent(path) });
    },
  });
  return relations;
}

async function readFormats(
  archive: Archive,
  part: string | undefined,
): Promise<readonly (DateFormat | undefined)[]> {
  const codes = new Map<number, string>();
  const ids: number[] = [];
  if (part === undefined) return [];
  let inCells = false;
  await readWholeXml(archive, part, {
    open(name, attributes) {
      const id = Number(attribute(attributes, 'numFmtId') ?? 0);
      if (name === 'numFmt') codes.set(id, attribute(attributes, 'formatCode') ?? '');
      else if (name === 'cellXfs') inCells = true;
      else if (name === 'xf' && inCells) ids.push(id);
    },
    close(name) {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return ids.map((id) => dateFormat(id, codes.get(id)));
}
