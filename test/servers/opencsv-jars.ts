import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { CACHE, makeOnce } from './server-process.ts';
import { tellMissing } from './tell-missing.ts';

/**
 * The parser of Hive's OpenCSVSerde: 2.3 up to Hive 4.0, whose quirks Trino's reader follows, and 5.9 since Hive 4.1,
 * with the library that it needs. Paths in Maven Central and what the files are.
 */
const JARS: readonly { readonly path: string; readonly sha256: string }[] = [
  {
    path: 'net/sf/opencsv/opencsv/2.3/opencsv-2.3.jar',
    sha256: 'dc0ba5bff6140dc92339973026a0ecbddc2a3b01bdd46ed9d16becc2f6d78de6',
  },
  {
    path: 'com/opencsv/opencsv/5.9/opencsv-5.9.jar',
    sha256: '2023969b86ce968ad8ae549648ac587d141c19ae684a9a5c67c9105f37ab0d1c',
  },
  {
    path: 'org/apache/commons/commons-lang3/3.12.0/commons-lang3-3.12.0.jar',
    sha256: 'd919d904486c037f8d193412da0c92e22a9fa24230b9d67a57855c5c31c7e94e',
  },
];
const MAVEN_CENTRAL = 'https://repo1.maven.org/maven2/';

/** Named by what is in it, so that another version has another folder. */
const FOLDER = join(CACHE, ['opencsv', ...JARS.map(({ sha256 }) => sha256.slice(0, 8))].join('-'));

/**
 * Downloads the jars from Maven Central unless that was done before, and checks that they are what they were.
 * @throws Error that says what is missing or wrong
 */
export async function provisionOpencsv(): Promise<void> {
  await makeOnce(FOLDER, async (fresh) => {
    for (const { path, sha256 } of JARS) {
      const response = await fetch(MAVEN_CENTRAL + path);
      if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
      const bytes = Buffer.from(await response.arrayBuffer());
      const found = createHash('sha256').update(bytes).digest('hex');
      if (found !== sha256) throw new Error(`${response.url} has the SHA-256 ${found}, not ${sha256}`);
      await writeFile(join(fresh, basename(path)), bytes);
    }
  });
}

/** True where java can run a program from its source, as that of Java 11 and newer can with a JDK's compiler. */
export function javaRunsSources(): boolean {
  const { stdout } = spawnSync('java', ['--list-modules'], { encoding: 'utf8' });
  return /^jdk\.compiler@/m.test(stdout ?? '');
}

let answer: boolean | undefined;

/**
 * True where the jars of opencsv are and a Java to run them. Where they are not, suites skip with a loud line, except
 * in CI, where that is a failure.
 */
export function opencsvAvailable(): boolean {
  if (answer !== undefined) return answer;
  answer = existsSync(FOLDER) && javaRunsSources();
  if (!answer) tellMissing('Java or opencsv is missing: npm run provision');
  return answer;
}

/** The class path of the jars. */
export const OPENCSV_CLASSES = join(FOLDER, '*');
