import { PermanentFailure } from '../errors.ts';

/**
 * Builds the path of an outgoing call: each value becomes one segment, or a part of one. `encodeURIComponent` leaves `.` and `..`
 * unchanged, and URL parsers resolve them: the call would go to the parent resource.
 * Throws `PermanentFailure` (`id_not_addressable`) for a value that cannot be a segment.
 */
export const outgoingPath = (texts: TemplateStringsArray, ...values: string[]): string =>
  String.raw({ raw: texts }, ...values.map(pathSegment));

export function pathSegment(value: string): string {
  if (!isAddressable(value)) {
    throw new PermanentFailure('id_not_addressable', `The id cannot be part of a URL: ${JSON.stringify(value.slice(0, 100))}`);
  }
  return encodeURIComponent(value);
}

/** Whether the id can be a segment of a URL path: not empty, not a dot segment, and without lone surrogates. */
export const isAddressable = (id: string): boolean => id !== '' && id !== '.' && id !== '..' && id.isWellFormed();
