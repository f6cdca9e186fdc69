import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { withFields, withTables } from '../../src/settings/edit/edit.ts';
import { scalarText } from '../../src/settings/edit/entry.ts';
import { parseSettings } from '../../src/settings/document.ts';
import { settingsOfFile } from '../../src/settings/load.ts';
import { settingsFileOf as file } from './settings-file.ts';

const tables = (text: string, names: string[], at: (string | number)[] = ['datasources', 0]) =>
  withTables(file(text), [{ at, names }]);
const fields = (
  text: string,
  table: string,
  columns: Record<string, string | undefined>,
  at: (string | number)[] = ['datasources', 0],
) =>
  withFields(file(text), [
    {
      at,
      types: at.length > 0,
      tables: [
        {
          table,
          columns: Object.entries(columns).map(([name, type]) => ({
            name,
            ...(type === undefined ? {} : { type }),
          })),
        },
      ],
    },
  ]);

const LAKE = 'datalake: { path: lake }\n';

describe('the list of tables', () => {
  test.each<[string, string, string[], string]>([
    [
      'a list as PyYAML writes it',
      'datasources:\n- type: mysql\n  tables:\n  - name: a\n    fields:\n    - id\n  - name: b\n',
      ['b', 'c', 'a'],
      'datasources:\n- type: mysql\n  tables:\n  - name: a\n    fields:\n    - id\n  - name: b\n  - name: c\n',
    ],
    [
      'a list further right than its key, and wide dashes',
      'datasources:\n    -   type: mysql\n        tables:\n            -   name: a\n                x_unknown: 1\n',
      ['a', 'c'],
      'datasources:\n    -   type: mysql\n        tables:\n            -   name: a\n                x_unknown: 1\n            -   name: c\n',
    ],
    [
      'entries on one line each',
      'datasources:\n- type: mysql\n  tables:\n    - {name: a}\n    - { name: b }   # the second\n',
      ['b', 'c'],
      'datasources:\n- type: mysql\n  tables:\n    - { name: b }   # the second\n    - { name: c }\n',
    ],
    [
      'a list on one line',
      'datasources:\n- { type: mysql, tables: [{ name: a }, { name: b }] } # all\n',
      ['b', 'c'],
      'datasources:\n- { type: mysql, tables: [{ name: b }, { name: c }] } # all\n',
    ],
    [
      'an entry out of the middle of a line',
      'datasources: [{ type: mysql, tables: [{ name: a }, { name: b }, { name: c }] }]\n',
      ['a', 'c'],
      'datasources: [{ type: mysql, tables: [{ name: a }, { name: c }] }]\n',
    ],
    [
      'the last one of a line, with a comma behind it',
      'datasources: [{ type: mysql, tables: [{ name: a }, { name: b }, ] }]\n',
      ['a'],
      'datasources: [{ type: mysql, tables: [{ name: a }, ] }]\n',
    ],
    [
      'no list yet',
      'datasources:\n- type: mysql # the site\n  mysql_host: h # there\n\n# the end\n',
      ['a'],
      'datasources:\n- type: mysql # the site\n  mysql_host: h # there\n  tables:\n  - name: a\n\n# the end\n',
    ],
    [
      'no list yet, in a section on one line',
      'datasources:\n- { type: mysql, mysql_host: h }\n',
      ['a,b'],
      'datasources:\n- { type: mysql, mysql_host: h, tables: [{ name: "a,b" }] }\n',
    ],
    [
      'an empty list',
      'datasources:\n  - type: mysql\n    tables: [] # none yet\n    mysql_host: h\n',
      ['a', 'b'],
      'datasources:\n  - type: mysql\n    tables: # none yet\n      - name: a\n      - name: b\n    mysql_host: h\n',
    ],
    [
      'no line break at the end',
      'datasources:\n- type: mysql\n  tables:\n  - name: a',
      ['a', 'b'],
      'datasources:\n- type: mysql\n  tables:\n  - name: a\n  - name: b',
    ],
    [
      'line breaks of Windows',
      'datasources:\r\n- type: mysql\r\n  tables:\r\n  - name: a\r\n  - name: b # b\r\n',
      ['b', 'c'],
      'datasources:\r\n- type: mysql\r\n  tables:\r\n  - name: b # b\r\n  - name: c\r\n',
    ],
    [
      'comments: those inside of an entry go with it, all others stay',
      `datasources:
- type: mysql
  tables:
  # people
  - name: a # inside
    # inside
    fields: # inside
    - id
    # inside
  # courses

  - name: b
    # of b
  # last
- type: dump # next
  location: x
`,
      ['b', 'c'],
      `datasources:
- type: mysql
  tables:
  # people
  # courses

  - name: b
    # of b
  - name: c
  # last
- type: dump # next
  location: x
`,
    ],
    [
      'all entries replaced',
      'datasources:\n- type: mysql\n  tables:\n  - name: a\n  - name: b\n  mysql_host: h\n',
      ['c'],
      'datasources:\n- type: mysql\n  tables:\n  - name: c\n  mysql_host: h\n',
    ],
    [
      'names that YAML would take for something else',
      'datasources:\n- type: mysql\n  tables:\n  - name: a\n',
      ['a', 'on', '012', 'null', 'Order Lines', 'x: y', "it's", '${x}', '#1', 'é'],
      `datasources:
- type: mysql
  tables:
  - name: a
  - name: "on"
  - name: "012"
  - name: "null"
  - name: Order Lines
  - name: "x: y"
  - name: it's
  - name: $\${x}
  - name: "#1"
  - name: é
`,
    ],
    [
      'a table whose name is a variable',
      'datasources:\n- type: mysql\n  tables:\n  - name: ${PEOPLE}\n  - name: b\n',
      ['users'],
      'datasources:\n- type: mysql\n  tables:\n  - name: ${PEOPLE}\n',
    ],
  ])('%s', (_, before, names, after) => {
    const env = { PEOPLE: 'users' };
    const edit = (text: string) => withTables(file(LAKE + text, env), [{ at: ['datasources', 0], names }]);
    expect(edit(before)).toBe(LAKE + after);
    expect(edit(after), 'a second time').toBe(LAKE + after);
  });

  test('of the flat shape stands at the top', () => {
    const flat = 'panorama_raw_data_bucket: b\nmysql_host: h\n# the end';
    expect(tables(flat, ['a'], [])).toBe(
      'panorama_raw_data_bucket: b\nmysql_host: h\ntables:\n  - name: a\n# the end',
    );
  });

  test('several sources at once', () => {
    const text = `${LAKE}datasources:\n- type: mysql\n- type: dump\n  location: x\n  tables: [{ name: a }]\n`;
    const edits = [
      { at: ['datasources', 0], names: ['p'] },
      { at: ['datasources', 1], names: ['q'] },
    ];
    expect(withTables(file(text), edits)).toBe(
      `${LAKE}datasources:\n- type: mysql\n  tables:\n  - name: p\n- type: dump\n  location: x\n  tables: [{ name: q }]\n`,
    );
  });
});

describe('the list of fields', () => {
  const TABLE = `${LAKE}datasources:\n- type: mysql\n  tables:\n  - name: a\n`;
  test.each<[string, string, Record<string, string | undefined>, string]>([
    [
      'a table without fields',
      '',
      { id: 'int', name: 'varchar' },
      '    fields:\n    - name: id\n      type: int\n    - name: name\n      type: varchar\n',
    ],
    [
      'new and vanished columns, a type that changed, types in other letters or with a length',
      `    fields:
    - name: gone
      type: int
    - name: Id # the key
      x: unknown
      type: int # was smaller
    - name: b
      type: VARCHAR(255)
    - name: c
      type: Decimal
    partitions: { partition_fields: [b] }
`,
      { id: 'bigint', b: 'varchar', c: 'decimal', d: 'date' },
      `    fields:
    - name: Id # the key
      x: unknown
      type: bigint # was smaller
    - name: b
      type: VARCHAR(255)
    - name: c
      type: Decimal
    - name: d
      type: date
    partitions: { partition_fields: [b] }
`,
    ],
    [
      'constants, also of columns that the source does not have',
      "    fields:\n    - { name: email, type: VARCHAR, value: '' }\n    - { name: site, value: null }\n",
      { email: 'varchar', id: 'int' },
      "    fields:\n    - { name: email, type: VARCHAR, value: '' }\n    - { name: site, value: null }\n    - { name: id, type: int }\n",
    ],
    [
      'types that are missing, in lines and on one line',
      '    fields:\n    - name: a # first\n    - {name: b}\n    - name: c\n',
      { a: 'int', b: 'date', c: 'text' },
      '    fields:\n    - name: a # first\n      type: int\n    - {name: b, type: date}\n    - name: c\n      type: text\n',
    ],
    ['plain names stay plain names', '    fields: [a, b]\n', { b: 'int', c: 'date' }, '    fields: [b, c]\n'],
    [
      'plain names in lines',
      '    fields:\n      - a\n      # note\n      - b\n',
      { b: 'int', c: 'date' },
      '    fields:\n      # note\n      - b\n      - c\n',
    ],
    [
      'excluded columns are not listed',
      '    exclude: [secret]\n',
      { id: 'int', Secret: 'text' },
      '    exclude: [secret]\n    fields:\n    - name: id\n      type: int\n',
    ],
    [
      'a source that tells no types',
      '    fields:\n    - name: a\n      type: int\n',
      { a: undefined, b: undefined },
      '    fields:\n    - name: a\n      type: int\n    - name: b\n',
    ],
  ])('%s', (_, before, columns, after) => {
    expect(fields(TABLE + before, 'a', columns)).toBe(TABLE + after);
    expect(fields(TABLE + after, 'a', columns), 'a second time').toBe(TABLE + after);
  });

  test('of the flat shape are names', () => {
    const flat = 'panorama_raw_data_bucket: b\ntables:\n- name: a\n';
    expect(fields(flat, 'a', { id: 'int', n: 'text' }, [])).toBe(`${flat}  fields:\n  - id\n  - "n"\n`);
  });

  test('a new list looks as the first one of the file', () => {
    const text = `${LAKE}datasources:\n- type: mysql\n  tables:\n  - name: a\n  - name: b\n    fields:\n    - {name: x, type: int}\n`;
    expect(fields(text, 'a', { id: 'int' })).toContain(
      '- name: a\n    fields:\n    - {name: id, type: int}\n',
    );
  });
});

describe('anchors', () => {
  const shared = `${LAKE}datasources:
- type: mysql
  name: first
  tables: &tables # of both
  - name: a
- type: mysql
  name: second
  tables: *tables
`;

  test('sources that share a list change together', () => {
    const edits = [0, 1].map((i) => ({ at: ['datasources', i], names: ['a', 'b'] }));
    expect(withTables(file(shared), edits)).toBe(shared.replace('- name: a\n', '- name: a\n  - name: b\n'));
  });

  test.each([
    ['one that shares its list', shared, [{ at: ['datasources', 0], names: ['b'] }], 5],
    ['one that has the list of another', shared, [{ at: ['datasources', 1], names: ['b'] }], 9],
    [
      'two that share a list and want different ones',
      shared,
      [
        { at: ['datasources', 0], names: ['b'] },
        { at: ['datasources', 1], names: ['c'] },
      ],
      9,
    ],
    [
      'a list out of a section that others take over',
      `${LAKE}datasources:\n- &base\n  type: mysql\n  name: first\n  tables:\n  - name: a\n- <<: *base\n  name: second\n`,
      [{ at: ['datasources', 1], names: ['b'] }],
      6,
    ],
    [
      'an entry whose anchor is needed elsewhere',
      `${LAKE}datasources:\n- type: mysql\n  tables:\n  - &a\n    name: a\n  - name: b\n- type: dump\n  location: x\n  tables: [*a]\n`,
      [{ at: ['datasources', 0], names: ['b'] }],
      4,
    ],
  ])('%s is refused, with the line', (_, text, edits, line) => {
    const message = new RegExp(
      `^s\\.yaml:${line}: datasources\\[\\d\\]\\.tables: an anchor \\(&name\\) shares`,
    );
    expect(() => withTables(file(text), edits)).toThrow(
      expect.objectContaining({ code: 'settings-invalid', message: expect.stringMatching(message) }),
    );
  });

  test('a field that several lists share is changed once, where all of them want the same', () => {
    const text = `${LAKE}datasources:
- type: mysql
  tables:
  - name: a
    fields:
    - &id
      name: id
      type: int # key
  - name: b
    fields:
    - *id
`;
    const wanted = (a: string, b: string) => [
      {
        at: ['datasources', 0],
        types: true,
        tables: [
          { table: 'a', columns: [{ name: 'id', type: a }] },
          { table: 'b', columns: [{ name: 'id', type: b }] },
        ],
      },
    ];
    expect(withFields(file(text), wanted('bigint', 'bigint'))).toBe(text.replace('int #', 'bigint #'));
    const apart: [string, string][] = [
      ['bigint', 'int'],
      ['bigint', 'text'],
    ];
    for (const types of apart) {
      expect(() => withFields(file(text), wanted(...types))).toThrow(
        expect.objectContaining({ message: expect.stringMatching(/^s\.yaml:\d: datasources.* an anchor/) }),
      );
    }
  });

  test('entries that are aliases stay', () => {
    const text = `${LAKE}datasources:\n- type: mysql\n  tables:\n  - &a\n    name: a\n- type: dump\n  location: x\n  tables:\n  - *a\n  - name: c\n`;
    expect(tables(text, ['a', 'd'], ['datasources', 1])).toBe(text.replace('name: c', 'name: d'));
  });

  test('keys that a section takes over stay there', () => {
    const text = `${LAKE}datasources:\n- &base\n  type: mysql\n  mysql_host: h\n- <<: *base\n  name: second\n`;
    expect(tables(text, ['b'], ['datasources', 1])).toBe(`${text}  tables:\n  - name: b\n`);
  });
});

/** Settings of many looks: indentation, entries in lines or on one, comments, unknown order. */
const looks = fc.record({
  names: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 6 }),
  wanted: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 6 }),
  listIndent: fc.constantFrom(0, 2, 4),
  gap: fc.constantFrom(' ', '   '),
  inFlow: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  above: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  blank: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  rest: fc.constantFrom('', '  mysql_host: h # host\n', '\n# end\n', '- type: dump # d\n  location: x\n'),
  lineBreak: fc.constantFrom('\n', '\r\n'),
});

test('whatever a file looks like: the list is as wanted, comments above and around stay, twice is once', async () => {
  await fc.assert(
    fc.asyncProperty(looks, async (look) => {
      const dash = ' '.repeat(2 + look.listIndent);
      const entries = look.names.map((name, i) => {
        const above = `${look.blank[i]! ? '\n' : ''}${look.above[i]! ? `${dash}# above ${name}\n` : ''}`;
        const entry = look.inFlow[i]!
          ? `{ name: ${name} } # in ${name}`
          : `name: ${name} # in ${name}\n${' '.repeat(dash.length + 1 + look.gap.length)}exclude: [x]`;
        return `${above}${dash}-${look.gap}${entry}\n`;
      });
      const text = `# top\n${LAKE}datasources:\n- type: mysql # m\n  tables: # t\n${entries.join('')}${look.rest}`;
      const source = text.replaceAll('\n', look.lineBreak);
      const result = tables(source, look.wanted);
      const kept = look.names.filter((name) => look.wanted.includes(name));
      const added = look.wanted.filter((name) => !kept.includes(name));
      const settings = await settingsOfFile(file(result));
      expect(settings.datasources[0]!.tables!.map(({ name }) => name)).toEqual([...kept, ...added]);
      const gone = look.names.filter((name) => !kept.includes(name)).map((name) => `# in ${name}`);
      const comments = (of: string) => of.split(/\r?\n/).flatMap((line) => /#.*$/.exec(line)?.[0] ?? []);
      expect(comments(result)).toEqual(comments(source).filter((comment) => !gone.includes(comment)));
      expect(result.replaceAll('\r\n', '').includes('\n')).toBe(look.lineBreak === '\n');
      expect(tables(result, look.wanted)).toBe(result);
    }),
    { numRuns: 150 },
  );
});

/** A field of many looks, and what the source says of its column; no type: the source has no such column. */
const field = fc.record({
  look: fc.constantFrom('name', 'flow', 'lines', 'lines and unknown', 'constant'),
  type: fc.constantFrom('int', 'VARCHAR(20)', undefined),
  actual: fc.constantFrom('int', 'varchar', undefined),
  comment: fc.boolean(),
});

test('whatever fields look like: they are those of the source, constants stay, twice is once', () => {
  fc.assert(
    fc.property(
      fc.array(field, { minLength: 1, maxLength: 6 }),
      fc.nat(2),
      fc.constantFrom(0, 2),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('', '\n# end\n', '  - name: next\n', '    exclude: [x9]\n'),
      (list, added, indent, lineBreak, rest) => {
        const dash = ' '.repeat(4 + indent);
        const entries = list.map(({ look, type, comment }, i) => {
          const end = comment ? ` # in ${i}\n` : '\n';
          const above = comment ? `${dash}# above ${i}\n` : '';
          const withType =
            type === undefined
              ? ''
              : look.startsWith('lines')
                ? `\n${dash}  type: ${type}`
                : `, type: ${type}`;
          const entry = {
            name: `x${i}${end}`,
            flow: `{name: x${i}${withType}}${end}`,
            lines: `name: x${i}${withType}${end}`,
            'lines and unknown': `other: 1\n${dash}  name: x${i}${withType}${end}`,
            constant: `{ value: null, name: x${i}${withType} }${end}`,
          }[look];
          return `${above}${dash}- ${entry}`;
        });
        const before = `${LAKE}datasources:\n- type: mysql\n  tables:\n  - name: a\n    fields:\n${entries.join('')}${rest}`;
        const source = before.replaceAll('\n', lineBreak);
        const columns: [string, string][] = [
          ...list.flatMap(({ actual }, i): [string, string][] =>
            actual === undefined ? [] : [[`X${i}`, actual]],
          ),
          ...Array.from({ length: added }, (_, i): [string, string] => [`new${i}`, 'date']),
        ];
        // At least one column: a table has one.
        columns.push(['last', 'int']);
        const result = fields(source, 'a', Object.fromEntries(columns));
        const tree = parseSettings(result, {}).root as {
          datasources: { tables: { fields: (string | { name: string; type?: string })[] }[] }[];
        };
        const found = tree.datasources[0]!.tables[0]!.fields.map((entry) =>
          typeof entry === 'string' ? [entry] : [entry.name, entry.type],
        );
        const allNames = list.every(({ look }) => look === 'name');
        const expected = [
          ...list.flatMap(({ look, type, actual }, i): (string | undefined)[][] => {
            if (look === 'constant') return [[`x${i}`, type]];
            if (actual === undefined) return [];
            if (look === 'name') return [[`x${i}`]];
            return [[`x${i}`, type?.toLowerCase().startsWith(actual) === true ? type : actual]];
          }),
          ...columns.slice(-1 - added).map(([name, type]) => (allNames ? [name] : [name, type])),
        ];
        expect(found).toEqual(expected);
        const stays = ({ look, actual }: (typeof list)[number]) =>
          look === 'constant' || actual !== undefined;
        for (const [i, entry] of list.entries()) {
          expect(result.includes(`# above ${i}`)).toBe(entry.comment);
          expect(result.includes(`# in ${i}`)).toBe(entry.comment && stays(entry));
        }
        expect(result.endsWith(rest.replaceAll('\n', lineBreak))).toBe(true);
        expect(fields(result, 'a', Object.fromEntries(columns))).toBe(result);
      },
    ),
    { numRuns: 200 },
  );
});

test('any text can be the name of a table', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ minLength: 1, unit: 'binary' }),
        fc.string({ minLength: 1, unit: fc.constantFrom(...'${}a:#\'" \n\\[,]-&*!|>%@`') }),
      ),
      fc.boolean(),
      (name, flow) => {
        const written = scalarText(name, flow);
        const yaml = flow ? `{ a: [${written}, b] }` : `a:\n- ${written}\n- b\n`;
        const parsed = parseSettings(yaml, {});
        expect(parsed.problems).toEqual([]);
        expect((parsed.root as { a: string[] }).a).toEqual([name, 'b']);
      },
    ),
    { numRuns: 300 },
  );
});
