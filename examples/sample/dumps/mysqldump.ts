import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createGzip, type Gzip } from 'node:zlib';
import { AS_OF, HOUR, sqlTime } from '../clock.ts';
import type { TableSchema } from './schema.ts';

/** A cell of a row: text, a number as it is to be printed, or NULL. */
type Cell = string | number | null;
export type Row = readonly Cell[];

/** What was written of a table: rows and bytes of SQL before compression. */
export interface TableSummary {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
}

/** mariadb-dump ends an INSERT before it would exceed net_buffer_length, 1 MB by default. */
const INSERT_BYTES = 1_046_528;
/** Rows are handed to the compressor in pieces of about this many characters. */
const PIECE = 1 << 16;

const SERVER = '10.11.14-MariaDB';

const HEADER = `/*M!999999\\- enable the sandbox mode */ 
-- MariaDB dump 10.19  Distrib ${SERVER}, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: edxapp
-- ------------------------------------------------------
-- Server version	${SERVER}

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
`;

const FOOTER = `/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed on ${sqlTime(AS_OF + 2 * HOUR)
  .slice(0, 19)
  .replace(' 0', '  ')}
`;

/**
 * Writes tables to a gzipped file as `mariadb-dump --single-transaction` does. Rows are pulled, and the
 * reader of them waits for the disk, so memory does not grow with the tables.
 */
export class DumpWriter {
  readonly #gzip: Gzip;
  readonly #done: Promise<void>;

  constructor(path: string) {
    // Node's gzip header has no name and no time, so equal input gives equal files.
    this.#gzip = createGzip({ level: 6, chunkSize: 1 << 16 });
    const file = createWriteStream(path);
    this.#done = finished(this.#gzip.pipe(file));
    this.#done.catch(() => {});
    this.#gzip.write(HEADER);
  }

  /** Writes one table with its rows. */
  async table(schema: TableSchema, rows: Iterable<Row>): Promise<TableSummary> {
    await this.#write(prologue(schema));
    let count = 0;
    let bytes = 0;
    let inInsert = 0;
    let piece = '';
    for (const row of rows) {
      const text = rowText(row, schema);
      const size = Buffer.byteLength(text);
      if (inInsert === 0 || inInsert + size + 2 > INSERT_BYTES) {
        piece += `${inInsert === 0 ? '' : ';\n'}INSERT INTO \`${schema.name}\` VALUES\n`;
        inInsert = 0;
      } else piece += ',\n';
      piece += text;
      inInsert += size + 2;
      bytes += size + 2;
      count++;
      if (piece.length >= PIECE) {
        await this.#write(piece);
        piece = '';
      }
    }
    if (count > 0) piece += ';\n';
    await this.#write(`${piece}/*!40000 ALTER TABLE \`${schema.name}\` ENABLE KEYS */;\nUNLOCK TABLES;\n`);
    return { table: schema.name, rows: count, bytes };
  }

  /** Writes the footer and closes the file. */
  async finish(): Promise<void> {
    this.#gzip.end(FOOTER);
    await this.#done;
  }

  /** Gives up the file after an error. */
  abort(): void {
    this.#gzip.destroy();
  }

  async #write(text: string): Promise<void> {
    if (!this.#gzip.write(text)) await Promise.race([once(this.#gzip, 'drain'), this.#done]);
  }
}

function prologue({ name, create }: TableSchema): string {
  return `
--
-- Table structure for table \`${name}\`
--

DROP TABLE IF EXISTS \`${name}\`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
${create};
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table \`${name}\`
--

LOCK TABLES \`${name}\` WRITE;
/*!40000 ALTER TABLE \`${name}\` DISABLE KEYS */;
`;
}

function rowText(row: Row, { bare, name }: TableSchema): string {
  if (row.length !== bare.length) throw new Error(`${name}: ${row.length} cells for ${bare.length} columns`);
  let text = '(';
  for (let i = 0; i < row.length; i++) {
    const cell = row[i]!;
    if (i > 0) text += ',';
    if (cell === null) text += 'NULL';
    else if (bare[i]) text += cell;
    else text += `'${escapeText(String(cell))}'`;
  }
  return text + ')';
}

const SPECIAL = /["'\\\p{Cc}]/u;

/** The escapes of mysql_real_escape_string. */
export function escapeText(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll("'", "\\'")
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\0', '\\0')
    .replaceAll('\x1a', '\\Z');
}
