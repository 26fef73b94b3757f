import { isObject, type Json, type JsonObject } from './json.ts';

/** Something a platform sent that our description of it does not know. Never the content itself: only where it stood. */
export interface Drift {
  kind: 'event' | 'field' | 'value';
  /** The unknown event type, the field's name, or the unknown enum value. */
  name: string;
  /** JSON pointer with `*` for list positions, such as `/orderEvent/lines/*\/status/processStatus`. */
  path: string;
}

/**
 * What we know of a JSON document: `any` (whatever it holds), the values of an enum, a list of something, or an object's members.
 * It is data, so that the conformance tests can compare it with `openapi/`.
 */
export type Shape = 'any' | readonly string[] | { readonly list: Shape } | { readonly members: { readonly [name: string]: Shape } };

export const listOf = (shape: Shape): Shape => ({ list: shape });
export const membersOf = (members: { readonly [name: string]: Shape }): Shape => ({ members });

const PLAIN_VALUE = /^[\w .:/-]{1,64}$/;

/** Every field and enum value in `document` that `shape` does not know; each path once. */
export function findDrift(document: Json | undefined, shape: Shape, path = ''): Drift[] {
  const found = new Map<string, Drift>();
  walk(document, shape, path, found);
  return [...found.values()];
}

function walk(value: Json | undefined, shape: Shape, path: string, found: Map<string, Drift>): void {
  if (shape === 'any' || value === null || value === undefined) return;
  if (isEnum(shape)) noteValue(value, shape, path, found);
  else if ('list' in shape) for (const entry of Array.isArray(value) ? value : [value]) walk(entry, shape.list, `${path}/*`, found);
  else if (isObject(value)) walkMembers(value, shape.members, path, found);
}

function walkMembers(value: JsonObject, members: { readonly [name: string]: Shape }, path: string, found: Map<string, Drift>): void {
  for (const [name, member] of Object.entries(value)) {
    const known = Object.hasOwn(members, name) ? members[name] : undefined;
    const at = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1').slice(0, 100)}`;
    if (known) walk(member, known, at, found);
    else found.set(`field ${at}`, { kind: 'field', name: name.slice(0, 100), path: at });
  }
}

const isEnum = (shape: Shape): shape is readonly string[] => Array.isArray(shape);

/** An event type that the platform's description does not know; `path` says where it stood. */
export const unknownEvent = (type: string, path: string): Drift => ({
  kind: 'event',
  name: PLAIN_VALUE.test(type) ? type : '(unprintable)',
  path,
});

function noteValue(value: Json, known: readonly string[], path: string, found: Map<string, Drift>): void {
  if (value === '' || known.includes(String(value))) return;
  const name = PLAIN_VALUE.test(String(value)) ? String(value) : '(unprintable)';
  found.set(`value ${path} ${name}`, { kind: 'value', name, path });
}
