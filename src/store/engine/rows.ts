import { objectAt } from '../../domain/values/json.ts';

/**
 * Turns rows into the one JSON parameter that `dialect.rowsOf` expands. Text that PostgreSQL cannot store (NUL, lone surrogates) is replaced by
 * U+FFFD here, so that an invalid character in an id cannot fail a whole transaction; the bytes as received stay in `body`.
 */
export function rowsParameter(rows: readonly object[]): string {
  const text = JSON.stringify(rows);
  if (!/\\u0000|\\ud[89a-f]/.test(text)) return text;
  return JSON.stringify(rows, (_name, value: unknown) => (typeof value === 'string' ? storableText(value) : value));
}

/** A value larger than this is bound separately instead of within the JSON of its row, where it would be in memory several times. */
export const LARGE_VALUE_BYTES = 1_000_000;

/**
 * The rows in groups whose JSON is about a megabyte each, so that no statement's parameter grows with their number. `sizeOf`: the size of one row.
 */
export function inBatches<Row>(rows: readonly Row[], sizeOf: (row: Row) => number): Row[][] {
  const portions: Row[][] = [];
  let room = 0;
  for (const row of rows) {
    const size = sizeOf(row);
    const last = portions.at(-1);
    if (last && size <= room) last.push(row);
    else portions.push([row]);
    room = (last && size <= room ? room : LARGE_VALUE_BYTES) - size;
  }
  return portions;
}

export const storableText = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd');

/** The packed values of rows as one binary parameter, and the rows with the position of their own value in it (`dialect.slice`). */
export function placed<Row extends { packed: Buffer }>(
  values: readonly Row[],
): { rows: (Omit<Row, 'packed'> & { at: number; bytes: number })[]; bytes: Buffer } {
  let next = 1;
  const rows = values.map(({ packed, ...row }) => {
    const at = next;
    next += packed.length;
    return { ...row, at, bytes: packed.length };
  });
  return { rows, bytes: Buffer.concat(values.map(({ packed }) => packed)) };
}

/** Counts and sequences: numbers on SQLite, text on PostgreSQL. */
export const numberOf = (value: number | string | bigint | null | undefined): number => Number(value ?? 0);

/** A stored text that is one of a few values; anything else was written by another program. */
export function oneOf<const Word extends string>(words: readonly Word[], stored: string): Word {
  const word = words.find((one) => one === stored);
  if (word === undefined) throw new Error(`The database holds "${stored}" where one of ${words.join(', ')} is expected.`);
  return word;
}

/** A member of stored JSON that is text or null; empty text stays empty. */
export const storedText = (value: unknown): string | null => (typeof value === 'string' ? value : null);

type Scalar = string | number | boolean | null;

const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** Stored JSON text of an object whose members are neither lists nor objects. */
export const toScalars = (text: string): Record<string, Scalar> =>
  Object.fromEntries(
    Object.entries(objectAt(JSON.parse(text))).flatMap(([name, value]) => (isScalar(value) ? [[name, value] as const] : [])),
  );

/** Booleans: 0 and 1 on SQLite. */
export const booleanOf = (value: unknown): boolean => value === true || value === 1;

/** `a, b, c` of a column list, with an optional prefix each. */
export const columnList = (columns: Readonly<Record<string, unknown>>, prefix = ''): string =>
  Object.keys(columns)
    .map((name) => `${prefix}${name}`)
    .join(', ');
