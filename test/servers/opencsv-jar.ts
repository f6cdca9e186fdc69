import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CACHE, makeOnce } from './server-process.ts';
import { tellMissing } from './tell-missing.ts';

/** The version that Hive's OpenCSVSerde is built with; Trino's reader is made to do as it does. */
const VERSION = '2.3';
const SHA256 = 'dc0ba5bff6140dc92339973026a0ecbddc2a3b01bdd46ed9d16becc2f6d78de6';
const NAME = `opencsv-${VERSION}.jar`;
const URL_OF_JAR = `https://repo1.maven.org/maven2/net/sf/opencsv/opencsv/${VERSION}/${NAME}`;

const FOLDER = join(CACHE, `opencsv-${VERSION}`);
const JAR = join(FOLDER, NAME);

/**
 * Downloads opencsv from Maven Central unless that was done before, and checks that it is what it was.
 * @throws Error that says what is missing or wrong
 */
export async function provisionOpencsv(): Promise<void> {
  await makeOnce(FOLDER, async (fresh) => {
    const response = await fetch(URL_OF_JAR);
    if (!response.ok) throw new Error(`${URL_OF_JAR} answered ${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== SHA256) throw new Error(`${URL_OF_JAR} has the SHA-256 ${found}, not ${SHA256}`);
    await writeFile(join(fresh, NAME), bytes);
  });
}

/** True where java can run a program from its source, as that of Java 11 and newer can with a JDK's compiler. */
export function javaRunsSources(): boolean {
  const { stdout } = spawnSync('java', ['--list-modules'], { encoding: 'utf8' });
  return /^jdk\.compiler@/m.test(stdout ?? '');
}

let answer: string | null | undefined;

/** The jar of opencsv, where there is a Java to run it too; see {@link tellMissing} for what happens elsewhere. */
export function opencsvJar(): string | undefined {
  if (answer === undefined) {
    answer = existsSync(JAR) && javaRunsSources() ? JAR : null;
    if (answer === null) tellMissing('Java or opencsv is missing: npm run provision');
  }
  return answer ?? undefined;
}
