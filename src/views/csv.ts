import { stringify } from 'csv-stringify/sync';
import { isObject } from '../domain/values/json.ts';

/** The columns of a list as CSV: paths into its rows, such as `buyer.name`; members that are lists or objects become JSON text. */
export type Columns = readonly string[];

const PLAIN_NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;
// Characters that spreadsheets take for the start of a formula (OWASP, "CSV Injection", seen 2026-11), in full-width and small forms too; also after
// whitespace, separators, quotes of any kind, and control and format characters, which are invisible and which some programs remove.
const FORMULA = /^(?:[\t\r\n]|[\s"'`;,|\p{Cc}\p{Cf}\p{Pi}\p{Pf}\u2032\u2033]*[=+\-@%\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b])/u;
// Every kind of line break (the library quotes only its own), and the separators that spreadsheets use in other locales.
const QUOTED = /[\r\n\v\f\u0085\u2028\u2029;\t]/;

/** Text that a spreadsheet would evaluate gets a leading quote mark; numbers stay digit for digit. */
const harmless = (text: string): string => (FORMULA.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text);

/** RFC 4180 with a header line. */
export function toCsv(rows: readonly object[], columns: Columns): string {
  return stringify(
    rows.map((row) => columns.map((path) => cell(row, path))),
    { header: true, columns: [...columns], record_delimiter: 'windows', quoted_match: QUOTED },
  );
}

function cell(row: object, path: string): string {
  let value: unknown = row;
  for (const name of path.split('.')) value = isObject(value) ? value[name] : undefined;
  if (value === null || value === undefined) return '';
  return harmless(typeof value === 'object' ? JSON.stringify(value) : String(value));
}
