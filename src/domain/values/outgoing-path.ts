import { PermanentFailure } from '../errors.ts';

/**
 * A path for an outgoing call: each value becomes one segment, or a part of one. `encodeURIComponent` leaves `.` and `..` as they are, and
 * an address is read without them: the call would go to the resource above.
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

/** Whether the id can be a segment of an address: not empty, not a dot segment, and without half a character. */
export const isAddressable = (id: string): boolean => id !== '' && id !== '.' && id !== '..' && id.isWellFormed();
