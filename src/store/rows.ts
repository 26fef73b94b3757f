/**
 * Turns rows into the one JSON parameter that `dialect.rowsOf` unfolds. Text that PostgreSQL cannot hold (NUL, lone surrogates) is replaced by
 * U+FFFD here, so that no odd byte in an id can stop a whole transaction; the bytes as received stay in `body`.
 */
export function rowsParameter(rows: readonly object[]): string {
  const text = JSON.stringify(rows);
  if (!/\\u0000|\\ud[89a-f]/.test(text)) return text;
  return JSON.stringify(rows, (_name, value: unknown) => (typeof value === 'string' ? storableText(value) : value));
}

export const storableText = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd');

/** Counts and sequences: numbers on SQLite, texts on PostgreSQL. */
export const numberOf = (value: number | string | bigint | null | undefined): number => Number(value ?? 0);

/** Booleans: 0 and 1 on SQLite. */
export const booleanOf = (value: unknown): boolean => value === true || value === 1;

/** `a, b, c` of a column list, with an optional prefix each. */
export const columnList = (columns: Readonly<Record<string, unknown>>, prefix = ''): string =>
  Object.keys(columns)
    .map((name) => `${prefix}${name}`)
    .join(', ');
