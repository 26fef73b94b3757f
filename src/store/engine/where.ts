import type { Sql } from './database.ts';
import type { SqlValue } from './sql-value.ts';

/** One condition of a `where`; null: omitted. */
export type Condition = readonly [text: string, ...bindings: SqlValue[]] | null;

/** The given conditions, joined by `and`, with their bindings in order. Never empty: `1 = 1` if there are none. */
export function where(...conditions: readonly Condition[]): { text: string; bindings: SqlValue[] } {
  const given = conditions.filter((condition) => condition !== null);
  return { text: given.map(([text]) => text).join(' and ') || '1 = 1', bindings: given.flatMap(([, ...bindings]) => bindings) };
}

export const equals = (column: string, value: SqlValue): Condition => (value === null ? null : [`${column} = ?`, value]);

/** The text of a column, in a form that no index contains. */
export const unindexed = (column: string): string => `(${column} || '')`;

/** `column in (?, ?, …)`; an empty list matches nothing, null everything. */
export function isOneOf(column: string, values: readonly SqlValue[] | null): Condition {
  if (values === null) return null;
  if (values.length === 0) return ['1 = 0'];
  return [`${column} in (${values.map(() => '?').join(', ')})`, ...values];
}

/** A text of a column that `Dialect.sameText` is for. */
export function isText({ dialect }: Pick<Sql, 'dialect'>, column: string, value: string): NonNullable<Condition> {
  const condition = dialect.sameText(column, '?');
  return [condition, ...Array.from(condition.matchAll(/\?/g), () => value)];
}

/** Only rows of connections that the reader may see. */
export const inScope = ({ scope }: Pick<Sql, 'scope'>, column: string): Condition => isOneOf(column, scope?.connections ?? null);

/** Only consumers that the reader may see. */
export const consumerInScope = ({ scope }: Pick<Sql, 'scope'>, column: string): Condition => isOneOf(column, scope?.consumers ?? null);

/** The text in lower case, with the wildcards of `like` escaped by `!`. */
export const likeText = (text: string): string => escapeLike(text.toLowerCase());

const escapeLike = (text: string): string => text.replaceAll(/[!%_]/g, '!$&');

/**
 * The column contains the text, case-insensitive; an ellipsis (…) in it matches anything. The database changes the case of both: SQLite changes only
 * ASCII letters.
 */
export const contains = (column: string, text: string | null): Condition =>
  text === null ? null : [`lower(${column}) like lower(?) escape '!'`, `%${escapeLike(text).replaceAll('…', '%')}%`];
