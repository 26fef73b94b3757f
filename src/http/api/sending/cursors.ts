import { Refused } from '../../../domain/errors.ts';

/** List cursors are opaque to clients: their content may change. Each is bound to its list. */
export const listCursor = (list: string, position: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify([list, ...position])).toString('base64url');

const invalid = (text: string) => new Refused(400, 'invalid_cursor', `Invalid cursor for this list: ${text.slice(0, 60)}`);

/** The position encoded by `listCursor`. Rejects anything else (400 `invalid_cursor`). */
export function readListCursor(list: string, text: string): unknown[] {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const [name, ...position]: unknown[] = Array.isArray(decoded) ? decoded : [];
    if (name === list && position.length > 0) return position;
  } catch {
    // Not a cursor of ours: rejected below.
  }
  throw invalid(text);
}

/** A list position that is one sequence number; null for no cursor. */
export function readSequenceCursor(list: string, text: string | null): number | null {
  if (text === null) return null;
  const [position] = readListCursor(list, text);
  if (typeof position !== 'number' || !Number.isSafeInteger(position) || position < 0) throw invalid(text);
  return position;
}
