import { stringify } from 'csv-stringify/sync';

/** The columns of a list as CSV: paths into its rows, such as `buyer.name`; members that are lists or objects become JSON text. */
export type Columns = readonly string[];

const DECIMAL = /^[+-]?\d+(\.\d+)?$/;
// What spreadsheets take for the start of a formula (OWASP, "CSV Injection", seen 2026-11), full-width twins included.
const FORMULA = /^[=+\-@\t\r\n|%＝＋－＠]/;

/** Text that a spreadsheet would run is made harmless by a leading quote mark; decimals stay digit for digit. */
const harmless = (text: string): string => (FORMULA.test(text) && !DECIMAL.test(text) ? `'${text}` : text);

/** RFC 4180 with a header line. */
export function toCsv(rows: readonly object[], columns: Columns): string {
  return stringify(
    rows.map((row) => columns.map((path) => cell(row, path))),
    { header: true, columns: [...columns], record_delimiter: 'windows' },
  );
}

function cell(row: object, path: string): string {
  let value: unknown = row;
  for (const name of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[name];
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : harmless(String(value));
}
