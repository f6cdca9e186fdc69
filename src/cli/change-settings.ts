import type { Command } from 'commander';

import type { SettingsFile } from '../settings/settings-file.ts';
import { type CommandContext, globals } from './context.ts';
import { confirm } from './confirm.ts';
import { visibleText } from './text.ts';

/**
 * Shows what would change in a settings file, secrets masked, asks, and puts the new text in its place. The command
 * has {@link YES_OPTION}.
 * @throws PanoramaError `usage` after a no, and without a terminal where `--yes` is not given; `settings-unwritable`
 */
export async function changeSettings(
  command: Command,
  context: CommandContext,
  file: SettingsFile,
  text: string,
): Promise<void> {
  const { yes } = command.opts<{ yes?: boolean }>();
  const { json } = globals(command);
  const changed = text !== file.text;
  const diff = changed ? await maskedDiff(file, text) : '';
  if (json !== true) context.out(changed ? await coloured(diff) : `${file.name} is up to date`);
  if (changed) {
    if (yes !== true) {
      await confirm({
        text: `Write ${file.name}?`,
        what: 'Changing the settings file',
        declined: `${file.name} was left as it is.`,
      });
    }
    const { replaceSettingsFile } = await import('../settings/settings-file.ts');
    await replaceSettingsFile(file, text);
  }
  if (json === true) context.out(JSON.stringify({ file: file.path, changed, diff }));
  else if (changed) context.out(`${file.name} updated`);
}

/** The change without secrets. */
async function maskedDiff(file: SettingsFile, text: string): Promise<string> {
  const { diffText } = await import('./diff-text.ts');
  const { maskedText } = await import('../settings/edit/mask.ts');
  return diffText(file.name, maskedText(file.text), maskedText(text));
}

async function coloured(diff: string): Promise<string> {
  const { default: pc } = await import('picocolors');
  const paint = (line: string): string => {
    if (/^(?:---|\+\+\+)/.test(line)) return pc.bold(line);
    if (line.startsWith('@')) return pc.cyan(line);
    if (line.startsWith('+')) return pc.green(line);
    return line.startsWith('-') ? pc.red(line) : line;
  };
  return diff
    .split('\n')
    .map((line) => paint(visibleText(line.replace(/\r$/, ''))))
    .join('\n');
}
