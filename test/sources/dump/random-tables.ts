import fc from 'fast-check';

export interface RandomTable {
  readonly name: string;
  /** The statements that make the table and its rows. */
  readonly sql: string;
  readonly rows: number;
}

/** What the tables are for. */
export interface RandomKind {
  /** All their text can be written in MySQL's latin1. */
  readonly latin1: boolean;
  /** For a MySQL server, not for MariaDB. */
  readonly mysql: boolean;
}

interface RandomType {
  readonly type: string;
  readonly value: fc.Arbitrary<string>;
}

const int = (type: string, min: bigint, max: bigint): RandomType => ({
  type,
  value: fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max)).map(String),
});

const digits = (count: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9]{1,${count}}$`));

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

const date: fc.Arbitrary<string> = fc
  .tuple(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 28 }))
  .map(([y, m, d]) => (y === 0 ? '0000-00-00' : `${pad(y, 4)}-${pad(m, 2)}-${pad(m === 0 ? 0 : d, 2)}`));

const clock: fc.Arbitrary<string> = fc
  .tuple(
    fc.integer({ min: 0, max: 23 }),
    fc.integer({ min: 0, max: 59 }),
    fc.integer({ min: 0, max: 59 }),
    fc.integer({ min: 0, max: 999_999 }),
  )
  .map(([h, m, s, f]) => `${pad(h, 2)}:${pad(m, 2)}:${pad(s, 2)}.${pad(f, 6)}`);

const quoted = (value: string): string => `'${value}'`;
const hex = (bytes: Uint8Array): string => `x'${Buffer.from(bytes).toString('hex')}'`;
const bytes = (max: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.uint8Array({ maxLength: max }),
      fc.constantFrom("'", '\\', '\0', '\n', '\x1a', "'),('", '\\0', "\\'").map((text) => Buffer.from(text)),
    )
    .map((value) => hex(value.slice(0, max)));

const TRICKY = [
  "'",
  '"',
  '\\',
  '`',
  ',',
  '(',
  ')',
  ';',
  '\n',
  '\r',
  '\t',
  '\0',
  '\x1a',
  '%',
  '_',
  '--',
  '/*',
  '*/',
  '#',
  'NULL',
  ' ',
];

function text(max: number, latin1: boolean): fc.Arbitrary<string> {
  const letters = latin1
    ? ['a', 'Z', '0', 'é', 'ÿ', '€', 'ß']
    : ['a', 'Z', '0', 'é', '€', '日', '😀', '\u200b', '\ufeff'];
  return fc
    .array(fc.constantFrom(...letters, ...TRICKY), { maxLength: max })
    .map((parts) => [...parts.join('')].slice(0, max).join(''))
    .map((value) => `_utf8mb4 ${hex(Buffer.from(value))}`);
}

function types({ latin1, mysql }: RandomKind): readonly RandomType[] {
  return [
    ...(mysql ? MYSQL_TYPES : MARIADB_TYPES),
    int('tinyint', -128n, 127n),
    int('smallint unsigned', 0n, 65535n),
    int('mediumint', -(2n ** 23n), 2n ** 23n - 1n),
    int('int(8) unsigned zerofill', 0n, 2n ** 32n - 1n),
    int('bigint', -(2n ** 63n), 2n ** 63n - 1n),
    int('bigint unsigned', 0n, 2n ** 64n - 1n),
    int('bit(1)', 0n, 1n),
    int('bit(17)', 0n, 2n ** 17n - 1n),
    int('bit(64)', 0n, 2n ** 64n - 1n),
    int('year', 1901n, 2155n),
    { type: 'decimal(65,30)', value: fc.tuple(digits(35), digits(30)).map(([a, b]) => `-${a}.${b}`) },
    { type: 'decimal(10,2)', value: fc.tuple(digits(8), digits(2)).map(([a, b]) => `${a}.${b}`) },
    {
      type: 'double',
      value: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }).map(String),
    },
    {
      type: 'float',
      value: fc
        .float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) })
        .map(String),
    },
    { type: 'date', value: date.map(quoted) },
    { type: 'datetime(6)', value: fc.tuple(date, clock).map(([d, t]) => quoted(`${d} ${t}`)) },
    { type: 'datetime', value: date.map((d) => quoted(`${d} 01:02:03`)) },
    {
      type: 'timestamp(3) NULL',
      value: fc
        .integer({ min: 1, max: 2 ** 31 - 1 })
        .map((s) => quoted(new Date(s * 1000).toISOString().slice(0, 23).replace('T', ' '))),
    },
    {
      type: 'time(6)',
      value: fc
        .tuple(fc.integer({ min: -838, max: 838 }), clock)
        .map(([h, t]) => quoted(`${h}${t.slice(2)}`)),
    },
    { type: 'char(12)', value: text(12, latin1) },
    { type: 'varchar(60)', value: text(60, latin1) },
    { type: 'longtext', value: text(300, latin1) },
    { type: 'varchar(40) CHARACTER SET latin1', value: text(40, true) },
    { type: "enum('a','b,c','d''e',')')", value: fc.constantFrom("'a'", "'b,c'", "'d''e'", "')'") },
    { type: "set('x','y','z')", value: fc.constantFrom("''", "'x'", "'x,z'", "'x,y,z'") },
    {
      type: 'json',
      value: fc
        .json({ maxDepth: 1 })
        .map((value) => `_utf8mb4 ${hex(Buffer.from(latin1 ? value.replace(/[^\x20-\x7e]/g, '?') : value))}`),
    },
    { type: 'binary(5)', value: bytes(5) },
    { type: 'varbinary(50)', value: bytes(50) },
    { type: 'longblob', value: bytes(500) },
  ];
}

const MARIADB_TYPES: readonly RandomType[] = [
  { type: 'uuid', value: fc.uuid().map(quoted) },
  { type: 'inet6', value: fc.ipV6().map(quoted) },
];

const MYSQL_TYPES: readonly RandomType[] = [
  { type: 'vector(4)', value: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(finiteFloats).map(hex) },
  { type: 'varchar(60) COLLATE utf8mb4_0900_ai_ci INVISIBLE', value: text(60, true) },
  { type: 'point /*!80003 SRID 0 */', value: fc.integer().map((x) => `ST_GeomFromText('POINT(${x} 39)')`) },
];

/** No exponent of all ones, which a vector does not take. */
function finiteFloats(bytesOfFloats: Uint8Array): Uint8Array {
  return bytesOfFloats.map((byte, index) => (index % 4 === 3 ? byte & 0xbf : byte));
}

function name(latin1: boolean): fc.Arbitrary<string> {
  const odd = ['`', ' ', '(', ')', ',', "'", '"', '-', ';', 'é', 'é', '#', ...(latin1 ? [] : ['日'])];
  return fc
    .tuple(
      fc.constantFrom('a', 'b', 't', 'select', 'x'),
      fc.array(fc.constantFrom(...'abc_019', ...odd), { maxLength: 8 }),
    )
    .map(([first, rest]) => `${first}${rest.join('')}z`);
}

const quoteName = (plain: string): string => `\`${plain.replaceAll('`', '``')}\``;

/** Tables of random columns and rows. */
export function randomTables(count: number, kind: RandomKind): fc.Arbitrary<RandomTable[]> {
  const names = fc.uniqueArray(name(kind.latin1), {
    minLength: count,
    maxLength: count,
    selector: (n) => n.toLowerCase(),
  });
  return names.chain((tables) => fc.tuple(...tables.map((table) => randomTable(table, kind))));
}

function randomTable(table: string, kind: RandomKind): fc.Arbitrary<RandomTable> {
  const column = fc.tuple(fc.constantFrom(...types(kind)), fc.boolean());
  const columns = fc.array(column, { minLength: 1, maxLength: 12 });
  const shape = columns.chain((chosen) =>
    fc.record({
      columns: fc.constant(chosen),
      names: fc.uniqueArray(name(kind.latin1), {
        minLength: chosen.length,
        maxLength: chosen.length,
        selector: (n) => n.toLowerCase(),
      }),
      key: fc.boolean(),
      generated: fc.boolean(),
      rows: fc.array(
        fc.tuple(
          ...chosen.map(([{ value }, nullable]) =>
            nullable ? fc.option(value, { nil: 'NULL', freq: 4 }) : value,
          ),
        ),
        {
          maxLength: 12,
        },
      ),
    }),
  );
  return shape.map(({ columns: chosen, names, key: keyed, generated, rows }) => {
    // A table has at least one column that can be seen.
    const key = keyed || chosen.every(([{ type }]) => type.includes('INVISIBLE'));
    const defined = chosen.map(([{ type }, nullable], index) => ({
      name: names[index]!,
      type: nullable ? type : `${type.replace(/ NULL$/, '')} NOT NULL`,
    }));
    const lines = [
      ...(key ? ['`nr` int NOT NULL AUTO_INCREMENT'] : []),
      ...defined.map((c) => `${quoteName(c.name)} ${c.type}`),
    ];
    if (generated) lines.push('`half` int DEFAULT 3', '`twice` int AS (`half` * 2) STORED');
    if (key) lines.push('PRIMARY KEY (`nr`)');
    const list = defined.map((c) => quoteName(c.name)).join(', ');
    const values = rows.map((row) => `(${row.join(', ')})`).join(',\n');
    const insert = rows.length === 0 ? '' : `INSERT INTO ${quoteName(table)} (${list}) VALUES\n${values};\n`;
    return {
      name: table,
      rows: rows.length,
      sql: `CREATE TABLE ${quoteName(table)} (${lines.join(', ')});\n${insert}`,
    };
  });
}
