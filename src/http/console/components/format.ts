/** How long ago, or how long: `3 s`, `5 min`, `2 h`, `4 d`. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** The same, exact below a second: `41 ms`. */
export const durationText = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : spanText(ms));

export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

const UNITS = ['B', 'KiB', 'MiB', 'GiB'];

export function bytesText(bytes: number | null): string {
  if (bytes === null) return '–';
  const power = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${UNITS[power]}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listText(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

const GAP_CAUSES: Readonly<Record<string, string>> = {
  never_delivered: 'The platform sent no webhook for it.',
  rejected: 'We answered its webhook with an error, and the platform did not retry.',
  failed_after_accept: 'We accepted its webhook, but could not process it.',
  stopped: 'We were not running at that time.',
  late: 'Its webhook arrived, but only after this run had seen the change.',
};

/** Why no delivery had reported a change, in a sentence. */
export const gapCauseText = (cause: string): string => GAP_CAUSES[cause] ?? cause;

const LONGEST_EVENT = 64;

/** The beginning of a long event name: a sender can invent any. */
export const shortEvent = (name: string): string => (name.length > LONGEST_EVENT ? `${name.slice(0, LONGEST_EVENT)}…` : name);
