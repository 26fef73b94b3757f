import { hasTooManyDigits } from '../values/decimal.ts';
import { isObject, type Json, type JsonObject } from '../values/json.ts';
import { isReported, readTime, UNREADABLE_TIME } from '../values/time.ts';

/** Something a platform sent that our description of it does not contain. Only its place is recorded, never its content. */
export interface Drift {
  kind: 'event' | 'field' | 'value' | 'overflow';
  /** The unknown event type, the field's name, or the unknown enum value. */
  name: string;
  /** JSON pointer with `*` for list positions, such as `/orderEvent/lines/*\/status/processStatus`. */
  path: string;
  /** The number of items that an `overflow` counts. */
  count?: number;
}

/** Items beyond the limit of individually stored ones. */
export const overflowOf = (count: number): Drift => ({ kind: 'overflow', name: 'overflow', path: '', count });

/**
 * The known structure of a JSON document: `any` (unchecked content), a `time`, the values of an enum, a list, or an object's members.
 * It is data, so that the conformance tests can compare it with `openapi/`.
 */
export type Shape =
  | 'any'
  | 'time'
  | readonly string[]
  | { readonly list: Shape }
  | { readonly members: { readonly [name: string]: Shape } };

export const listOf = (shape: Shape): Shape => ({ list: shape });
export const membersOf = (members: { readonly [name: string]: Shape }): Shape => ({ members });

const PLAIN_VALUE = /^[\w .:/-]{1,64}$/;

interface Found {
  drift: Drift[];
  dropped: number;
  /** What has already been found at a place. */
  noted: Map<Place, Set<string>>;
}

// More than any platform changes at once; the number of unknown members of a document is not limited otherwise.
const MOST_FOUND = 1000;

/**
 * Records what was found at a place, each item once: `name` distinguishes it from others there. Anything beyond the first thousand is only counted.
 */
function note(found: Found, place: Place, name: string, describe: (path: string) => Drift): void {
  const noted = found.noted.get(place);
  if (noted?.has(name)) return;
  if (found.drift.length >= MOST_FOUND) {
    found.dropped++;
    return;
  }
  if (noted) noted.add(name);
  else found.noted.set(place, new Set([name]));
  found.drift.push(describe(textOf(place)));
}

/** Every field and enum value in `document` that `shape` does not know; each path once, and anything beyond the first thousand as a count. */
export function findDrift(document: Json | undefined, shape: Shape, path = ''): Drift[] {
  const found: Found = { drift: [], dropped: 0, noted: new Map() };
  walk(document, placeOf(shape, path), found);
  return found.dropped === 0 ? found.drift : [...found.drift, overflowOf(found.dropped)];
}

/** The place of a value: one for all entries of a list. Its text is only built for findings, because nearly everything is known. */
interface Place {
  above: Place | null;
  /** A pointer, a member's name or `*`. */
  part: string;
  shape: Shape;
  /** By name; `*` for the entries of a list. Only for known members, which are few. */
  below: Map<string, Place>;
}

const createPlace = (above: Place | null, part: string, shape: Shape): Place => ({ above, part, shape, below: new Map() });

// The places of a shape are the same for every document, so they are created once.
const places = new WeakMap<object, Map<string, Place>>();

function placeOf(shape: Shape, path: string): Place {
  if (typeof shape === 'string') return createPlace(null, path, shape);
  const known = places.get(shape)?.get(path);
  if (known) return known;
  const made = createPlace(null, path, shape);
  const ofShape = places.get(shape) ?? new Map<string, Place>();
  // Paths are given by the platforms' parsers: there are few.
  places.set(shape, ofShape.set(path, made));
  return made;
}

function placeBelow(above: Place, part: string, shape: Shape): Place {
  const made = createPlace(above, part, shape);
  above.below.set(part, made);
  return made;
}

const textOf = ({ above, part }: Place): string => (above === null ? part : `${textOf(above)}/${segment(part)}`);
const segment = (name: string): string => name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1');

function walk(value: Json | undefined, place: Place, found: Found): void {
  if (value === null || value === undefined) return;
  const { shape } = place;
  if (shape === 'any') noteDigits(value, place, found);
  else if (shape === 'time') noteTime(value, place, found);
  else if (isEnum(shape)) noteValue(value, shape, place, found);
  else if ('list' in shape) walkList(value, place.below.get('*') ?? placeBelow(place, '*', shape.list), found);
  else if (isObject(value)) walkMembers(value, shape.members, place, found);
}

function walkList(value: Json, place: Place, found: Found): void {
  if (!Array.isArray(value)) walk(value, place, found);
  else for (const entry of value) walk(entry, place, found);
}

function walkMembers(value: JsonObject, members: { readonly [name: string]: Shape }, above: Place, found: Found): void {
  for (const name in value) {
    const place = above.below.get(name) ?? knownBelow(above, name, members);
    if (place) walk(value[name], place, found);
    else
      note(found, above, `field ${name.slice(0, 100)}`, (path) => ({
        kind: 'field',
        name: name.slice(0, 100),
        path: `${path}/${segment(name)}`,
      }));
  }
}

function knownBelow(above: Place, name: string, members: { readonly [name: string]: Shape }): Place | null {
  const shape = Object.hasOwn(members, name) ? members[name] : undefined;
  return shape === undefined ? null : placeBelow(above, name, shape);
}

/** A number with more digits than any amount has is not canonical. */
export const tooManyDigits = (path: string): Drift => ({ kind: 'value', name: '(too many digits)', path });

function noteDigits(value: Json, place: Place, found: Found): void {
  if (hasTooManyDigits(value)) note(found, place, 'digits', tooManyDigits);
}

function noteTime(value: Json, place: Place, found: Found): void {
  if (!isReported(value) || readTime(value) !== null) return;
  note(found, place, 'time', (path) => ({ kind: 'value', name: UNREADABLE_TIME, path }));
}

const isEnum = (shape: Shape): shape is readonly string[] => Array.isArray(shape);

const LONGEST_EVENT = 500;

/** The type or, if it is very long, its beginning: its deliveries are selected by it. A character of two UTF-16 units is not cut in half. */
export const eventName = (type: string): string => type.slice(0, LONGEST_EVENT).replace(/[\ud800-\udbff]$/, '');

/** An event type that the platform's description does not contain; `path` is its place. */
export const unknownEvent = (type: string, path: string): Drift => ({ kind: 'event', name: eventName(type), path });

function noteValue(value: Json, known: readonly string[], place: Place, found: Found): void {
  if (value === '' || known.includes(String(value))) return;
  const name = PLAIN_VALUE.test(String(value)) ? String(value) : '(unprintable)';
  note(found, place, `value ${name}`, (path) => ({ kind: 'value', name, path }));
}
