import type { Turn } from '../turn.ts';
import { canonicalText, isObject, type Json, type JsonObject, memberOf } from '../values/json.ts';
import type { Difference } from './change.ts';

/** A member's name as a part of a path (RFC 6901). */
export const pathPart = (name: string): string =>
  name.includes('~') || name.includes('/') ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;

/** Receives the differences; `turn` of the event loop, because there may be a hundred thousand of them. */
export interface Differing {
  note(difference: Difference): void;
  turn: Turn;
}

/** Every difference between two JSON values, member by member; lists of unequal length as a whole. */
export async function differences(before: Json | undefined, after: Json | undefined, path: string, differing: Differing): Promise<void> {
  if (isObject(before) && isObject(after)) {
    for (const name of memberNames(before, after)) {
      const [one, other] = [memberOf(before, name), memberOf(after, name)];
      if (one === other) continue;
      const place = `${path}/${pathPart(name)}`;
      // Most members are not objects.
      if (typeof one !== 'object' && typeof other !== 'object') differing.note({ path: place, before: one ?? null, after: other ?? null });
      else await differences(one, other, place, differing);
      await differing.turn.pauseIfLong();
    }
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [position, entry] of before.entries()) {
      await differing.turn.pauseIfLong();
      await differences(entry, after[position], `${path}/${position}`, differing);
    }
  } else if (!isSameJson(before ?? null, after ?? null)) {
    differing.note({ path, before: before ?? null, after: after ?? null });
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
