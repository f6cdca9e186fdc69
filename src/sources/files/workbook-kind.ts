const KINDS = [
  { kind: 'zip', mark: Buffer.from('PK\x03\x04', 'latin1') },
  { kind: 'compound', mark: Buffer.from([0xd0, 0xcf, 0x11, 0xe0]) },
] as const;

/**
 * What a workbook is by the first four bytes of its file: a zip archive, or a compound file as Excel 97 to 2003 wrote it
 * and as those with a password are. Undefined for all else.
 */
export function workbookKind(first: Buffer): 'zip' | 'compound' | undefined {
  return KINDS.find(({ mark }) => first.equals(mark))?.kind;
}
