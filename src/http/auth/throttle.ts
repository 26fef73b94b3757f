/** Counts failures by address and name, in this process, and limits them. */
export interface Throttle {
  /** Seconds until another attempt is allowed; null: now. */
  waitSeconds(address: string, name: string): number | null;
  /** Whether this address had recent failures: without any, the name does not have to be looked up. */
  hasFailed(address: string): boolean;
  /** Counts a failure; true if it is the one after which attempts are rejected. */
  failed(address: string, name: string): boolean;
}

const MOST_FAILURES = 10;
const WINDOW_MS = 60_000;
// A client that changes addresses or names must not fill the memory: the oldest address is dropped, and further names of one address count as one.
const MOST_ADDRESSES = 5000;
const MOST_NAMES = 50;
const OTHER_NAMES = '';

export function createThrottle(nowMs: () => number): Throttle {
  const addresses = new Map<string, Map<string, number[]>>();
  const recent = (times: readonly number[]) => times.filter((at) => nowMs() - at < WINDOW_MS && at <= nowMs());

  function bucket(address: string, name: string): number[] {
    const names = addresses.get(networkOf(address));
    return recent(names?.get(names.has(name) || names.size < MOST_NAMES ? name : OTHER_NAMES) ?? []);
  }
  return {
    waitSeconds(address, name) {
      const times = bucket(address, name);
      const [oldest] = times;
      if (oldest === undefined || times.length < MOST_FAILURES) return null;
      return Math.max(1, Math.ceil((oldest + WINDOW_MS - nowMs()) / 1000));
    },
    hasFailed: (address) => addresses.has(networkOf(address)),
    failed(address, name) {
      const network = networkOf(address);
      const names = new Map([...(addresses.get(network) ?? [])].filter(([, times]) => recent(times).length > 0));
      const key = names.has(name) || names.size < MOST_NAMES ? name : OTHER_NAMES;
      const times = [...recent(names.get(key) ?? []), nowMs()];
      names.set(key, times);
      addresses.delete(network);
      addresses.set(network, names);
      const [first] = addresses.keys();
      if (addresses.size > MOST_ADDRESSES && first !== undefined) addresses.delete(first);
      return times.length === MOST_FAILURES;
    },
  };
}

/** One customer has a /64 of IPv6 addresses: they count as one. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::', 2);
  const groups = head.split(':').filter(Boolean);
  const rest = tail === undefined ? [] : tail.split(':').filter(Boolean);
  const all = [...groups, ...Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0'), ...rest];
  return `${all.slice(0, 4).join(':')}::/64`;
}
