import { Refused } from '../../../domain/errors.ts';

/** Positions in lists are opaque to clients: what they hold may change. They are bound to their list. */
export const listCursor = (list: string, position: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify([list, ...position])).toString('base64url');

const invalid = (text: string) => new Refused(400, 'invalid_cursor', `This is no cursor of this list: ${text.slice(0, 60)}`);

/** What `listCursor` wrote, without the list's name. Refuses anything else (400 `invalid_cursor`). */
export function readListCursor(list: string, text: string): unknown[] {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const [name, ...position]: unknown[] = Array.isArray(decoded) ? decoded : [];
    if (name === list && position.length > 0) return position;
  } catch {
    // Not ours: said below.
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
