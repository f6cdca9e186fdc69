import { stat } from 'node:fs/promises';
import { LineCounter, Scalar, isScalar, parseDocument, visit } from 'yaml';
import { parseSettings } from '../document.ts';
import { SECRET_KEYS } from '../edit/mask.ts';
import type { Problem } from '../problems.ts';
import { pathText } from '../problems.ts';
import type { Settings } from '../settings.ts';
import type { SettingsFile } from '../settings-file.ts';

/** What is worth knowing of a valid settings file, in the order of the file: nothing of it stops a run. */
export async function notesOf(file: SettingsFile, settings: Settings): Promise<Problem[]> {
  const document = parseSettings(file.text, file.env);
  const { datalake } = settings;
  const notes: Problem[] = document.emptyKeys.map(({ path, key, line }) => ({
    line,
    text: `${pathText([...path, key])}: nothing stands after this key, which is as if it were not there`,
  }));
  if (settings.flat === true) {
    notes.push({
      line: 1,
      text: 'the file has the flat shape of the first generation; panorama settings upgrade rewrites it',
    });
  }
  if (datalake.type === 'aws' && (datalake.database === undefined) !== (datalake.workgroup === undefined)) {
    const [there, missing] =
      datalake.database === undefined
        ? ['datalake_workgroup', 'datalake_database']
        : ['datalake_database', 'datalake_workgroup'];
    const line = document.lineOf(settings.flat === true ? [there] : ['datalake', there]);
    notes.push({ line, text: `${there} without ${missing}: Athena is not told of tables` });
  }
  return [...notes, ...(await notesOnSecrets(file))].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** Secrets that others may read, and those that other programs would take for numbers. */
async function notesOnSecrets(file: SettingsFile): Promise<Problem[]> {
  const lines = new LineCounter();
  const notes: Problem[] = [];
  const writtenOut: number[] = [];
  // As panorama-elt in Python reads the file.
  const document = parseDocument(file.text, { version: '1.1', lineCounter: lines, logLevel: 'error' });
  visit(document, {
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || !SECRET_KEYS.has(String(key.value)) || !isScalar(value)) return;
      const line = lines.linePos(key.range![0]).line;
      if (value.value === null || value.value === '') return;
      if (!/^\$\{\w+\}$/.test(String(value.value))) writtenOut.push(line);
      if (typeof value.value !== 'string' && value.type === Scalar.PLAIN) {
        const text = `${String(key.value)}: taken as these very characters; put it in quotes for other programs, which take it for a ${kindOf(value.value)}`;
        notes.push({ line, text });
      }
    },
  });
  const { mode } = await stat(file.path);
  if (writtenOut.length > 0 && (mode & 0o004) !== 0) {
    const where = writtenOut.length === 1 ? `line ${writtenOut[0]}` : `lines ${writtenOut.join(', ')}`;
    const text = `every user of this machine may read the secrets in ${where}; take the right away with chmod o-r, or keep them in the environment: \${NAME}`;
    notes.push({ line: writtenOut[0]!, text });
  }
  return notes;
}

function kindOf(value: unknown): string {
  if (typeof value === 'boolean') return 'yes or no';
  return typeof value === 'number' ? 'number' : 'date';
}
