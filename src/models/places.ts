import type { SqlDialect } from '../engines/engine.ts';
import { quoteName } from '../engines/quote-name.ts';
import { dialects } from './dialects.ts';
import { faulty, type Model } from './model.ts';

/** A place in a template: its name and what stands behind it. */
const PLACE = /\{\{(\w+) ([^{}]+)\}\}/g;

/** What a template's places stand for in one lake. */
export interface Surroundings {
  readonly dialect: SqlDialect;
  /** The name of a table's typed view, and of a model's view. */
  readonly ref: (table: string) => string;
  readonly view: (model: string) => string;
  /** Names of the base partitions. */
  readonly base: readonly string[];
}

/** What stands behind the places of one name, e.g. the tables of all `{{ref TABLE}}`; each once. */
export function subjectsOf(template: string, name: string): string[] {
  const places = Array.from(template.matchAll(PLACE)).filter((match) => match[1] === name);
  return [...new Set(places.map((match) => match[2]!))];
}

/** The SQL of a model. @throws PanoramaError `internal` for a place that has no meaning */
export function fillPlaces(model: Model, around: Surroundings): string {
  return model.template.replace(PLACE, (_, name: string, subject: string) => {
    const fill = fillers[name];
    if (fill === undefined) throw faulty(model.name, `has a place that nothing fills: ${name}`);
    return fill(subject, around, model);
  });
}

const fillers: Readonly<Record<string, (subject: string, around: Surroundings, model: Model) => string>> = {
  ref: (table, { ref }) => quoteName(ref(table)),
  view: (model, { view }) => quoteName(view(model)),
  rows: (file, _, model) => model.rows[file]!,
  lms: (alias, { base }) => (base.some(isLms) ? `${alias}.lms` : 'CAST(NULL AS varchar)'),
  base: (alias, { base }) => columnsOf(alias, base),
  more_base: (alias, { base }) =>
    columnsOf(
      alias,
      base.filter((name) => !isLms(name)),
    ),
  same_base(aliases, { base }) {
    const [a, b] = aliases.split(' ');
    return base.map((name) => ` AND ${a}.${quoteName(name)} = ${b}.${quoteName(name)}`).join('');
  },
  join_text(text, { dialect }) {
    const [value, order] = text.split(' order by ');
    return dialects[dialect].joinText(value!, order!);
  },
  timestamp_text: (timestamp, { dialect }) => dialects[dialect].timestampText(timestamp),
  days_since: (timestamp, { dialect }) => dialects[dialect].daysSince(timestamp),
};

function columnsOf(alias: string, names: readonly string[]): string {
  return names.map((name) => `, ${alias}.${quoteName(name)}`).join('');
}

/** The base partition that by convention tells installations apart. */
function isLms(name: string): boolean {
  return name.toLowerCase() === 'lms';
}
