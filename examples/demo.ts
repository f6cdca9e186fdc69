/**
 * From a backup to answers: writes the sample backup, loads it into ./lake, asks the lake three questions.
 * Everything is done by the command line tool as a user would call it.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { writeSample } from './sample.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const answers = join(root, 'examples', 'answers');

function panorama(...args: string[]): void {
  console.log(`\n$ npx panorama ${args.join(' ')}\n`);
  const done = spawnSync(process.execPath, [join(root, 'bin', 'panorama.js'), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

console.log('Writing the backup of a fictional Open edX site into ./sample');
const sample = await writeSample({ out: join(root, 'sample') });
for (const file of sample.files)
  console.log(`  ${relative(root, file.path)}  ${(file.bytes / 1e6).toFixed(1)} MB`);

panorama('load', 'sample', '--lake', 'lake');
for (const name of readdirSync(answers).sort()) {
  const question = /^-- (.*)$/m.exec(readFileSync(join(answers, name), 'utf8'))?.[1];
  console.log(`\n${question}`);
  panorama('query', '-f', `examples/answers/${name}`);
}

console.log(`
Try next:
  npx panorama tables
  npx panorama query "SELECT mode, count(*) FROM openedx_table_student_courseenrollment GROUP BY 1"
  npx panorama query -f examples/answers/2-who-passes.sql --csv > passes.csv
  npx panorama load YOUR_FOLDER_OF_DUMPS --lake your-lake
  docs/how-to/ tells how to load a live database.`);
