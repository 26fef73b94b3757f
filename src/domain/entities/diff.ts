import { canonicalText, isObject, type Json } from '../values/json.ts';
import type { Difference } from './change.ts';

/** A member's name as a part of a path (RFC 6901). */
export const pathPart = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** Every difference between two JSON values, member by member; lists of unequal length as a whole. */
export function differences(before: Json | undefined, after: Json | undefined, path: string, found: Difference[]): void {
  if (before === after) return;
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
      differences(before[name], after[name], `${path}/${pathPart(name)}`, found);
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [position, entry] of before.entries()) differences(entry, after[position], `${path}/${position}`, found);
  } else if (canonicalText(before ?? null) !== canonicalText(after ?? null)) {
    found.push({ path, before: before ?? null, after: after ?? null });
  }
}
