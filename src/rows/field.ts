/**
 * The type of a column in the lake. It follows from the declared type in the source alone, never from values
 * (docs/reference/types.md). `timestamp` has microseconds and no zone.
 */
export type FieldType =
  | { readonly kind: 'boolean' | 'int32' | 'int64' | 'float32' | 'float64' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'date' | 'timestamp' | 'text' | 'binary' };

export type FieldKind = FieldType['kind'];

/** A column as the source declares it. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly nullable: boolean;
  /** The type as the source spells it, e.g. `bigint(20) unsigned`; for messages and documentation. */
  readonly declared: string;
}

/** A table as the source declares it; fields in the order of the source. */
export interface TableSchema {
  readonly table: string;
  readonly fields: readonly Field[];
  /** Column names of the primary key in key order; empty where there is none. */
  readonly primaryKey: readonly string[];
}

/** True for two types that store the same values in the same way. */
export function sameType(a: FieldType, b: FieldType): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'decimal' && b.kind === 'decimal') return a.precision === b.precision && a.scale === b.scale;
  return true;
}

/** A short readable form, e.g. `decimal(10,2)`. */
export function typeText(type: FieldType): string {
  return type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.kind;
}
