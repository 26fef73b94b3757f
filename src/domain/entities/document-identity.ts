import { createHash } from 'node:crypto';
import type { DocumentReport } from './entity.ts';

type Announced = Pick<DocumentReport, 'line' | 'code' | 'key'>;

/** Where a document stands within its entity: on a line or the header, under its code; one without a code stands for itself. */
export const documentPlace = ({ line, code, key }: Announced): string => shortened(code === null ? [line, null, key] : [line, code]);

/** One announcement: the same file on two lines is two of them, another file under the same code replaces the first. */
export const documentIdentity = ({ line, code, key }: Announced): string => shortened([line, code, key]);

const LONGEST = 500;

// Addresses may be long; an index has room for some two thousand bytes.
function shortened(parts: readonly (string | null)[]): string {
  const text = JSON.stringify(parts);
  return text.length <= LONGEST ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
