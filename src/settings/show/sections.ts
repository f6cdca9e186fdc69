import type * as z from 'zod';
import type { Path, Tree } from '../document.ts';
import { tableKeys } from '../normalise-tables.ts';
import { courseStructuresSchema, datalakeSchema, datasourceSchema, mysqlSchema } from '../schema.ts';
import type { DatalakeSettings, Datasource, MysqlConnection, Settings } from '../settings.ts';

/** A part of the settings: where it is shown, where it stands in the file, and what it has without saying so. */
export interface Section {
  /** In the shape with sections. */
  readonly path: Path;
  readonly inFile: Path;
  /** The keys that it can have, with their schemas; {@link OWN_TABLES} has none. */
  readonly shape: Readonly<Record<string, z.ZodType | undefined>>;
  /** What keys have where the file does not say: rules rather than defaults of the schema. */
  readonly derived: Readonly<Record<string, Tree | undefined>>;
  /** Keys whose defaults do not count here. */
  readonly leaveOut: RegExp;
}

const NOTHING = /^$/;

/** The sections of a settings file of either shape. */
export function sectionsOf({ datalake, datasources, flat }: Settings): Section[] {
  const at = (path: Path): Pick<Section, 'path' | 'inFile'> => ({ path, inFile: flat === true ? [] : path });
  return [
    {
      ...at(['datalake']),
      shape: datalakeSchema.shape,
      derived: derivedOfLake(datalake),
      leaveOut: datalake.type === 'aws' ? NOTHING : /^aws_/,
    },
    ...datasources.map((source, i) => ({
      ...at(['datasources', i]),
      ...(flat === true ? flatSource(source) : nestedSource(source)),
    })),
  ];
}

function derivedOfLake(datalake: DatalakeSettings): Section['derived'] {
  const { type, format, layout } = datalake;
  const pathStyle = datalake.type === 'aws' ? String(datalake.pathStyle) : undefined;
  return { type, format, layout, aws_path_style: pathStyle };
}

type SourceSection = Omit<Section, 'path' | 'inFile'>;

function nestedSource(source: Datasource): SourceSection {
  const { shape } = datasourceSchema.options.find((option) => option.shape.type.value === source.type)!;
  return { shape, derived: { type: source.type, name: source.name }, leaveOut: unusedOf(source) };
}

/** In the flat shape the sources share the top of the file, each with keys of its own. */
function flatSource(source: Datasource): SourceSection {
  const derived = { type: source.type, name: source.name };
  if (source.type !== 'openedx_course_structures')
    return { shape: mysqlSchema.shape, derived, leaveOut: unusedOf(source) };
  const mongodb = Object.entries(courseStructuresSchema.shape).filter(([key]) => key.startsWith('mongodb_'));
  const { type, name } = courseStructuresSchema.shape;
  // Its tables are not those of the file, which are the ones of MySQL.
  const tables = (source.tables ?? []).map(tableKeys);
  return {
    shape: { type, name, ...Object.fromEntries(mongodb), [OWN_TABLES]: undefined },
    derived: { ...derived, [OWN_TABLES]: tables },
    leaveOut: NOTHING,
  };
}

/** Stands for the key `tables` where the file's key of this name belongs to another source. */
export const OWN_TABLES = 'tables ';

function unusedOf(source: Datasource): RegExp {
  if (source.type === 'mysql') return unusedOfConnection(source);
  if (source.type !== 'openedx_course_structures') return NOTHING;
  return source.mysql === undefined ? /^mysql_/ : unusedOfConnection(source.mysql);
}

/** With a socket, host and port do not count. */
function unusedOfConnection({ socket }: MysqlConnection): RegExp {
  return socket === undefined ? NOTHING : /^mysql_(?:host|port)$/;
}
