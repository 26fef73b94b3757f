import { createHash } from 'node:crypto';
import type { DocumentReport } from './entity.ts';

type Announced = Pick<DocumentReport, 'line' | 'code' | 'key'>;

/** The place of a document within its entity: its line or the header, and its code; a document without a code has a place of its own. */
export const documentPlace = ({ line, code, key }: Announced): string => shortened(code === null ? [line, null, key] : [line, code]);

/** The identity of an announcement: the same file on two lines is two documents, and another file with the same code supersedes the first. */
export const documentIdentity = ({ line, code, key }: Announced): string => shortened([line, code, key]);

const LONGEST = 500;

// URLs may be long, and an index entry has room for about two thousand bytes.
function shortened(parts: readonly (string | null)[]): string {
  const text = JSON.stringify(parts);
  return text.length <= LONGEST ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
