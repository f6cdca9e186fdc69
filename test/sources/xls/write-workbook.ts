import { crc32, deflateRawSync } from 'node:zlib';

/** A zip archive with these parts, compressed. */
export function zipOf(parts: Readonly<Record<string, string>>): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(parts)) {
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(0x21_0000, 6);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(at, 10);
    directory.push(mark('PK\x01\x02'), Buffer.from([20, 0]), common, central, Buffer.from(name));
    const file = Buffer.concat([mark('PK\x03\x04'), common, Buffer.from(name), packed]);
    files.push(file);
    at += file.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  const count = Object.keys(parts).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...files, list, mark('PK\x05\x06'), end]);
}

const mark = (text: string): Buffer => Buffer.from(text, 'latin1');

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

const relations = (list: readonly (readonly [type: string, target: string])[]): string =>
  `<Relationships>${list
    .map(([type, target], i) => `<Relationship Id="r${i + 1}" Type="${OFFICE}/${type}" Target="${target}"/>`)
    .join('')}</Relationships>`;

export interface WorkbookParts {
  /** The elements of each sheet, as XML: `sheetData` and what follows; or its rows alone. */
  readonly sheets: Readonly<Record<string, string>>;
  /** Texts that cells name, as XML inside of `si`. */
  readonly strings?: readonly string[];
  /** Formats by the number of a style: the number of a built-in one, or a code. */
  readonly formats?: readonly (number | string)[];
  readonly date1904?: boolean;
  /** Further parts, or others in their place. */
  readonly parts?: Readonly<Record<string, string>>;
}

export const attributeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** A workbook (ECMA-376) from the XML of its sheets. */
export function workbookOf({ sheets, strings = [], formats = [], date1904, parts }: WorkbookParts): Buffer {
  const names = Object.keys(sheets);
  const codes = formats.map((format, i) => (typeof format === 'string' ? 200 + i : format));
  const styles = `<styleSheet><numFmts>${formats
    .map((format, i) =>
      typeof format === 'string'
        ? `<numFmt numFmtId="${200 + i}" formatCode="${attributeText(format)}"/>`
        : '',
    )
    .join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${codes
    .map((id) => `<xf numFmtId="${id}"/>`)
    .join('')}</cellXfs></styleSheet>`;
  const list = names.map(
    (name, i) => `<sheet name="${attributeText(name)}" sheetId="${i + 1}" r:id="r${i + 1}"/>`,
  );
  return zipOf({
    '_rels/.rels': relations([['officeDocument', '/xl/workbook.xml']]),
    'xl/workbook.xml': `<workbook xmlns:r="${OFFICE}"><workbookPr${date1904 === true ? ' date1904="1"' : ''}/><sheets>${list.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations([
      ...names.map((_, i) => ['worksheet', `worksheets/sheet${i + 1}.xml`] as const),
      ['styles', 'styles.xml'],
      ['sharedStrings', 'sharedStrings.xml'],
    ]),
    'xl/styles.xml': styles,
    'xl/sharedStrings.xml': `<sst>${strings.map((text) => `<si>${text}</si>`).join('')}</sst>`,
    ...Object.fromEntries(
      Object.values(sheets).map((xml, i) => [
        `xl/worksheets/sheet${i + 1}.xml`,
        `<worksheet>${xml.includes('<sheetData') ? xml : `<sheetData>${xml}</sheetData>`}</worksheet>`,
      ]),
    ),
    ...parts,
  });
}

/** A cell with a text of its own. */
export const textCell = (ref: string, text: string): string =>
  `<c r="${ref}" t="inlineStr"><is><t xml:space="preserve">${attributeText(text)}</t></is></c>`;

/** A row of texts from column A on. */
export const textRow = (number: number, texts: readonly string[]): string =>
  `<row r="${number}">${texts.map((text, i) => textCell(`${String.fromCharCode(65 + i)}${number}`, text)).join('')}</row>`;
