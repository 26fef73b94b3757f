import type { LookupFunction } from 'node:net';
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent';
import { RemoteFailure } from '../domain/errors.ts';
import { failureOfResponse } from './failures.ts';
import type { RemoteStream } from './remote.ts';
import { openStream } from './send.ts';

const MAX_REDIRECTS = 5;
const TIMEOUT_MS = 15_000;
// A public address that answers only inside Azure, with secrets of the virtual machine (Microsoft's page on 168.63.129.16, read 2026-11).
const DENIED = ['168.63.129.16'];

/**
 * Opens an address supplied by a business partner. Only http and https, and only addresses of the public internet: no loopback, private,
 * link-local, unique-local, shared, reserved or metadata range. The check applies to the addresses that the connection is opened with,
 * so DNS rebinding does not get past it; every redirect (five at most) is checked again.
 * Throws `RemoteFailure('address_refused')` for any other address. `lookup` is for tests; default: the system resolver.
 */
export function createPublicOpener(now: () => Date, lookup?: LookupFunction): (url: string) => Promise<RemoteStream> {
  const options = { keepAlive: false, denyIPAddressList: DENIED, ...(lookup ? { lookup } : {}) };
  const agents = { httpAgent: new RequestFilteringHttpAgent(options), httpsAgent: new RequestFilteringHttpsAgent(options) };
  const open = (url: string) =>
    openStream({ method: 'GET', url, headers: { Accept: '*/*' }, timeoutMs: TIMEOUT_MS, agents }).catch((error: unknown) => {
      throw isRefusal(error) ? refused(url) : error;
    });
  return (url) => followRedirects(url, open, now);
}

/** Opens `url` and follows its redirects; each address goes through `open`, which checks it. */
export async function followRedirects(url: string, open: (url: string) => Promise<RemoteStream>, now: () => Date): Promise<RemoteStream> {
  let address = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    if (!isWebAddress(address)) throw refused(address);
    const stream = await open(address);
    if (stream.status >= 200 && stream.status < 300) return stream;
    stream.content.destroy();
    const location = stream.headers.location;
    if (stream.status < 300 || stream.status > 399 || location === undefined) {
      throw failureOfResponse(`GET ${hostOf(address)}`, stream.status, stream.headers, now());
    }
    address = URL.canParse(location, address) ? new URL(location, address).href : location;
  }
  throw new RemoteFailure('remote_redirected', `GET ${hostOf(url)} redirected more than ${MAX_REDIRECTS} times`, 0);
}

const isWebAddress = (url: string): boolean => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'an unreadable address');

const refused = (url: string): RemoteFailure =>
  new RemoteFailure('address_refused', `${hostOf(url)} is not an address of the public internet`, 0);

const isRefusal = (error: unknown): boolean =>
  error instanceof RemoteFailure && error.cause instanceof Error && /is not allowed/.test(error.cause.message);
