import { PanoramaError } from '../errors.ts';

/** A view in SQL over the typed views of a lake's tables; `models/README.md` tells how its file is written. */
export interface Model {
  /** The last part of the view's name, e.g. `enrollments`. */
  readonly name: string;
  /** What a row is, in one sentence. */
  readonly summary: string;
  readonly needs: readonly TableNeed[];
  /** Names of other models that it reads. */
  readonly reads: readonly string[];
  /** The columns of the result, in order. */
  readonly columns: readonly ModelColumn[];
  /** One SELECT, with places such as `{{ref auth_user}}`. */
  readonly template: string;
  /** For each `{{rows NAME}}` the rows as SQL: `('AD', 42.54E0), …`. */
  readonly rows: Readonly<Record<string, string>>;
}

/** A table without which a model cannot be made, and the columns that are read of it. */
export interface TableNeed {
  readonly table: string;
  readonly columns: readonly string[];
}

export interface ModelColumn {
  readonly name: string;
  readonly meaning: string;
}

/** A fault in a file of the package, not of its user. */
export function faulty(name: string, what: string): PanoramaError {
  return new PanoramaError('internal', `The model ${name} ${what}.`);
}
