import { numbersOf, trigramsOf } from '../../domain/values/trigrams.ts';
import { rowsParameter } from './rows.ts';
import type { SqlValue } from './sql-value.ts';
import { sqliteRows } from './sqlite-statements.ts';

/** An index of texts by their trigrams, table `search_index`: the differences between the engines. */
export interface TrigramIndex {
  /** Replaces the texts with the same `seq`. */
  write(rows: readonly { seq: number; text: string }[]): { statement: string; bindings: SqlValue[] }[];
  /** Condition on `search_index`: rows that have all these trigrams; they may still not contain the words. */
  match(grams: readonly string[]): { text: string; binding: string };
  /** The name of the column with the `seq`. */
  key: string;
  /**
   * The `seq` of rows that have all these trigrams, from `from` on and before `end`. For trigrams that almost every text contains, the engine would
   * gather all rows before it selects the newest: so the newest ones are searched first.
   */
  between(grams: readonly string[], range: { from: number; end: number }): { text: string; bindings: SqlValue[] };
}

const seqs = (rows: readonly { seq: number }[]) => rowsParameter(rows.map(({ seq }) => ({ seq })));

export const sqliteTrigrams: TrigramIndex = {
  key: 'search_index.rowid',
  write: (rows) => [
    {
      statement: `delete from search_index where rowid in (select seq from ${sqliteRows({ seq: 'integer' })})`,
      bindings: [seqs(rows)],
    },
    {
      statement: `insert into search_index (rowid, grams) select seq, text from ${sqliteRows({ seq: 'integer', text: 'text' })}`,
      bindings: [rowsParameter(rows.map(({ seq, text }) => ({ seq, text: text.toLowerCase() })))],
    },
  ],
  match: (grams) => ({ text: 'search_index match ?', binding: ftsQuery(grams) }),
  between: (grams, { from, end }) => ({
    text: 'select rowid as seq from search_index where search_index match ? and rowid >= ? and rowid < ?',
    bindings: [ftsQuery(grams), from, end],
  }),
};

const ftsQuery = (grams: readonly string[]): string => grams.map((gram) => `"${gram.replaceAll('"', '""')}"`).join(' AND ');

export const postgresTrigrams: TrigramIndex = {
  key: 'search_index.seq',
  write: (rows) => [
    {
      statement: `insert into search_index (seq, grams)
        select rows.seq, array(select json_array_elements_text(rows.grams)::smallint) from json_to_recordset(?::json) as rows(seq bigint, grams json) where true
        on conflict (seq) do update set grams = excluded.grams`,
      bindings: [rowsParameter(rows.map(({ seq, text }) => ({ seq, grams: numbersIn(text) })))],
    },
  ],
  match: (grams) => ({ text: 'grams @> ?::smallint[]', binding: arrayOf(grams) }),
  // `offset 0` prevents the engine from using the trigram index.
  between: (grams, { from, end }) => ({
    text: `select seq from (select seq, grams from search_index where seq >= ? and seq < ? offset 0) as recent where grams @> ?::smallint[]`,
    bindings: [from, end, arrayOf(grams)],
  }),
};

const arrayOf = (grams: readonly string[]): string => `{${numbersOf(grams).join(',')}}`;

// The terms of an entity, one per line: no word goes from one to the next.
const numbersIn = (text: string): number[] => numbersOf(text.split('\n').flatMap(trigramsOf));
