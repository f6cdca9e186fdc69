import { renderSettingsSchema } from '../../src/settings/json-schema.ts';
import { renderCommands } from './commands-page.ts';
import { renderErrors } from './errors-page.ts';
import { renderModels } from './models-page.ts';
import { renderSettings } from './settings-page.ts';
import { renderTypes } from './types-page.ts';

/** A page made from code; `render` gives its whole text, the same every time. */
export interface Page {
  /** Relative to the project. */
  readonly path: string;
  render(): string | Promise<string>;
}

/** All generated pages. */
export const PAGES: readonly Page[] = [
  { path: 'docs/reference/settings.md', render: renderSettings },
  { path: 'docs/reference/settings.schema.json', render: renderSettingsSchema },
  { path: 'docs/reference/errors.md', render: renderErrors },
  { path: 'docs/reference/commands.md', render: renderCommands },
  { path: 'docs/reference/types.md', render: renderTypes },
  { path: 'docs/reference/models.md', render: renderModels },
];
