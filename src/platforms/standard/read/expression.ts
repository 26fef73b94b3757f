import { atPointer, type Json, textAt } from '../../../domain/values/json.ts';

/** The location of a value in a request: `header:NAME`, a JSON pointer, or several of them separated by ` | `, of which the first present one counts. */
export const EXPRESSION = /^(?:header:[A-Za-z0-9-]+|\/[^|\s][^|]*?)(?: \| (?:header:[A-Za-z0-9-]+|\/[^|\s][^|]*?))*$/;

export interface Sources {
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: Json;
}

/** The value that an expression names; undefined if the request has none. */
export function valueAt(expression: string, { headers, body }: Sources): Json | undefined {
  for (const place of expression.split(' | ')) {
    const value = place.startsWith('header:') ? headers[place.slice('header:'.length).toLowerCase()] : atPointer(body, place);
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return undefined;
}

/** The same as text; null if there is none, or if it is an object or a list. */
export const textOf = (expression: string | null | undefined, sources: Sources): string | null =>
  expression ? textAt(valueAt(expression, sources)) : null;
