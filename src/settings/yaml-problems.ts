import type { YAMLError } from 'yaml';

/**
 * What a fault in the YAML means and what to do about it. The parser's own messages are not used, as they quote
 * the file, and with it passwords.
 */
export function yamlProblem(error: Pick<YAMLError, 'code'>): string {
  return TEXTS[error.code] ?? OTHER;
}

/** Also for an alias whose anchor does not exist, which the parser lets pass. */
export const BAD_ALIAS =
  'a value that begins with * must be put in quotes (or the anchor it names is missing)';

const OTHER =
  'this is not valid YAML; put a value with special characters in single quotes and check the lines above for a missing quote or colon';
const INDENT =
  'the indentation does not fit the lines above; keys of one section must begin in the same column';

const TEXTS: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'a tab is used for indentation, which YAML forbids; use spaces',
  DUPLICATE_KEY: 'this key stands twice in the same section; remove one of the two',
  BAD_INDENT: INDENT,
  BLOCK_AS_IMPLICIT_KEY:
    'a colon in a value, or a section that begins on the line of its key; put the value in quotes',
  MULTILINE_IMPLICIT_KEY: `${INDENT}, and every key needs a colon`,
  BAD_ALIAS,
  BAD_SCALAR_START: 'a value that begins with @, `, % or another reserved character must be put in quotes',
  TAG_RESOLVE_FAILED: 'a value that begins with ! must be put in quotes; tags are not supported',
  BAD_DQ_ESCAPE:
    'a backslash in double quotes begins an unknown escape; use single quotes or write two backslashes',
  MULTIPLE_DOCS: 'the file holds a second document (a line of ---); a settings file has one',
  MISSING_CHAR: 'a closing quote, bracket or comma is missing here or in the lines above',
  UNEXPECTED_TOKEN: OTHER,
  NON_STRING_KEY: 'a key must be a word',
  RESOURCE_EXHAUSTION: 'the settings are nested too deeply',
};
