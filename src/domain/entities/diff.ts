import { canonicalText, isObject, type Json, type JsonObject, memberOf } from '../values/json.ts';
import type { Difference } from './change.ts';

/** A member's name as a part of a path (RFC 6901). */
export const pathPart = (name: string): string =>
  name.includes('~') || name.includes('/') ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;

export type NoteDifference = (difference: Difference) => void;

/** Every difference between two JSON values, member by member; lists of unequal length as a whole. */
export function differences(before: Json | undefined, after: Json | undefined, path: string, note: NoteDifference): void {
  if (before === after) return;
  // Most members are not objects, and there may be a hundred thousand of them.
  if (typeof before !== 'object' && typeof after !== 'object') note({ path, before: before ?? null, after: after ?? null });
  else if (isObject(before) && isObject(after)) {
    for (const name of Object.keys(before)) {
      const [one, other] = [before[name], memberOf(after, name)];
      if (one !== other) differences(one, other, `${path}/${pathPart(name)}`, note);
    }
    for (const name of Object.keys(after)) {
      if (memberOf(before, name) === undefined) differences(undefined, after[name], `${path}/${pathPart(name)}`, note);
    }
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [position, entry] of before.entries()) differences(entry, after[position], `${path}/${position}`, note);
  } else if (!isSameJson(before ?? null, after ?? null)) {
    note({ path, before: before ?? null, after: after ?? null });
  }
}

/** The names of the members of either, each once: those of the first come first. */
export function memberNames(one: JsonObject, other: JsonObject): string[] {
  const names = Object.keys(one);
  for (const name of Object.keys(other)) if (!Object.hasOwn(one, name)) names.push(name);
  return names;
}

function isSameJson(one: Json, other: Json): boolean {
  if (one === null || other === null || (typeof one !== 'object' && typeof other !== 'object')) return one === other;
  return canonicalText(one) === canonicalText(other);
}
