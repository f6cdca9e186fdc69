/** What docs/reference/types.md says before its tables. */
export const BEFORE = `A column's type in the lake follows from its declared type in the source alone, never from its values: the same
table has the same types in every load, and an empty table has them too. A value that does not fit its column is an
error (\`bad-value\`) that stops the table; no value is rounded, cut or guessed. The one exception is told below under
[dates that no calendar has](#dates-that-no-calendar-has).

Tables of Parquet files are registered in Athena with the types of its column; no test asks Athena itself. The column
for Trino says what to declare for these files; no test runs it yet. Trino reads microseconds only with \`hive.timestamp-precision=MICROSECONDS\`.

In Parquet every column is OPTIONAL, also one that is NOT NULL in the source, and carries its permanent number in the
lake as \`field_id\`.`;

/** What it says behind them. */
export const AFTER = `In Parquet a decimal of up to 9 digits is an INT32, of up to 18 an INT64, and a longer one the fewest bytes that
hold it.

## Dates that no calendar has

MySQL stores \`0000-00-00\`, \`2024-00-15\` and, with \`ALLOW_INVALID_DATES\`, \`2024-02-30\`. Neither Parquet nor any engine
holds these: DATE, DATETIME and TIMESTAMP columns get NULL for them, also where the source says NOT NULL. Each load
counts them per column, prints the counts with the table, keeps them in the table's state and gives them as
\`rejected\` in \`--json\`. Nothing else becomes NULL. To keep the text, give the column another type in the settings:
\`type: varchar\`.

In a partition column such a date stands in the folder's name as it is: the raw view shows its text, the typed view
NULL, and it is counted for each row.

### The table of rejected values

The lake lists them in a table of its own, \`panorama_rejected_values\`, which is there as soon as a table has some:

| column | type | holds |
| --- | --- | --- |
| \`table_name\` | text | the table; a partition column |
| \`column_name\` | text | the column |
| \`row_key\` | text | the primary key of the row as a JSON object, such as \`{"id":7}\`: whole numbers as numbers, bytes as hexadecimal, all else as text. NULL where the table has no key or a column of it is not extracted |
| \`value\` | text | the value as the source has it, such as \`0000-00-00\` |
| \`loaded_at\` | timestamp | when the run began that found it, in UTC |

It is partitioned by the base partitions and the table, and queried like any other
([query the lake](../how-to/query-the-lake.md)). Each load of a whole table replaces what is listed of it; a load of
changed partitions alone leaves the list as it is, and a notice says how many values it does not have. At most 10,000
values per table are listed; the counts have all, and a notice tells the difference. Columns of Open edX that are known
to hold data of people are left out: \`value\` is NULL for them, and \`row_key\` goes without. A source's own table of
that name is refused.

## Time zones

TIMESTAMP values are in UTC: from a server because the session's zone is set to UTC, from a dump because dump tools
write them so. A dump made with \`--skip-tz-utc\` or \`--compact\` does not say its zone; its TIMESTAMP values are taken
as UTC, with a notice. DATETIME values have no zone in MySQL and are never shifted.

## FLOAT

A FLOAT is single precision. From a server it arrives without loss: the server is asked for the value widened to
DOUBLE, for its own text of a FLOAT has six digits. A dump holds only the six digits that mysqldump wrote, so a FLOAT
with more of them differs between the two; the loss is in the dump. CSV files show this text: \`0.1\` from a dump,
\`0.10000000149011612\` from a server. \`FLOAT(p)\` with p over 24 is a DOUBLE, in MySQL as here.

## NULL, the empty text and the text NULL

| value | Parquet | CSV | folder of a partition |
| --- | --- | --- | --- |
| NULL | NULL | an empty field | \`k=__HIVE_DEFAULT_PARTITION__\` |
| the empty text | empty | \`""\` | \`k=\` |
| the text \`NULL\` | \`NULL\` | \`NULL\` | \`k=NULL\` |
| the text \`__HIVE_DEFAULT_PARTITION__\` | as it is | as it is | \`k=%5F_HIVE_DEFAULT_PARTITION__\` |

The views in DuckDB give all four back exactly, from both formats and from the folders. Hive's OpenCSVSerDe, by which
Athena and Trino read CSV files, does not tell whether a field had quotes: there a text or bytes that are NULL arrive
empty (but in a table whose files have no other column), in typed views too. Numbers, dates and booleans that are NULL
are NULL in typed views everywhere. Other readers of the folders differ; see
[query the lake](../how-to/query-the-lake.md).

## CSV

The files are in the dialect of Hive's OpenCSVSerDe: a header line, \`,\` between fields, \`"\` around fields that need it,
\`\\\` before \`"\` and \`\\\` inside them, \`\\r\\n\` at the end of a line. A line end inside a text would break readers that
take a file apart by lines, so it is written as \`\\n\` or \`\\r\` and arrives as those two characters. That, and NULL in
texts for readers like Hive's, is what a lake of CSV files does not give back as it was; Parquet, the default, does.

## Partition columns

The values of partition columns are in the folders' names, not in the files, as MySQL's own text. Values are told
apart by their bytes: \`A\` and \`a\` are two partitions whatever the collation. The raw view shows them as text, the
typed view with the type of the column. A value is written with Hive's escapes: control characters, DEL and
\`" # % ' * / : = ? \\ { [ ] ^\` as \`%XX\`, all others as they are. A folder name has at most 255 bytes; a longer one stops
the table with \`partition-too-long\`. Binary columns cannot partition a table.

## Text and character sets

All text in the lake is UTF-8. A server converts to it, whatever the column's character set is. Dumps are read in
utf8mb4, utf8, ascii, latin1 (MySQL's, which is Windows-1252) and, as mydumper writes them, binary; others are refused
with a hint. Text in a dump that does not name its character set must be UTF-8, else its table stops with \`dump-syntax\`.

## Other types by the settings

\`type\` in an entry of \`fields\` is a MySQL type name:

| written | the column gets |
| --- | --- |
| nothing | the type of the source |
| the source's own type name without length, as \`int\` for \`int(10) unsigned\` | the type of the source, with its sign and digits |
| a narrower type of the same family, as \`int\` for \`bigint\` or \`float\` for \`double\` | the type of the source: nothing is cut |
| a wider type of the same family, as \`bigint\` for \`int\` | the wider type |
| \`decimal(p,s)\` | that decimal; a value with more digits is \`bad-value\` |
| a type of another family, as \`varchar\` for \`date\` | that type; a value that is none is \`bad-value\` |

The families are bit(1), integers and decimals, in this order of width; floats; and each other type for itself. A
constant column (\`value\`) has the type \`varchar\` unless \`type\` says otherwise.

## Sources without types

CSV files and workbooks hold text: each column is text unless \`fields\` names its type, and any may be NULL
([rules](../how-to/csv-and-excel.md)). Columns of research data packages and of dumps without \`CREATE TABLE\` have the
types of \`fields\`, else those that Open edX gives them, else they are text ([how](../how-to/load-a-backup.md)).`;

export const COURSES = `A source of type \`openedx_course_structures\` has two tables ([how they are loaded](../how-to/course-structures.md)). The
first sixteen columns are those of panorama-elt in Python, in its order; settings that list \`fields\` get exactly those.
A \`weight\` has the text that Python prints (\`5.0\`, and \`2\` where questions were counted), so that as text, too, it is
what it always was. Times are UTC with microseconds. Fields that a value of another kind stands in are NULL, with a line
in the table of faults.`;
