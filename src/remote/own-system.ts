import dns from 'node:dns';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { RemoteFailure } from '../domain/errors.ts';
import { isLinkLocal } from '../domain/values/link-local.ts';
import type { OwnMessage, RemoteResponse } from './remote.ts';
import { sendRequest } from './send.ts';

/**
 * Posts to an address configured by an operator. Private and loopback addresses are allowed; link-local ones are not, since cloud metadata services answer
 * there. The check applies to the address that the connection is opened with. No redirects. Throws `RemoteFailure('address_refused')`.
 * `lookup` is for tests; default: the system resolver.
 */
export function createOwnPost(lookup: LookupFunction = systemLookup): (message: OwnMessage) => Promise<RemoteResponse> {
  const options = { keepAlive: false, lookup: guarded(lookup) };
  const agents = { httpAgent: new Agent(options), httpsAgent: new TlsAgent(options) };
  return async ({ url, headers, body, timeoutMs }) => {
    // A literal IP address is never resolved.
    if (isLinkLocal(new URL(url).hostname.replace(/^\[|\]$/g, ''))) throw refused(url);
    return sendRequest({ method: 'POST', url, headers: { 'Content-Type': 'application/json', ...headers }, body, timeoutMs, agents }).catch(
      (error: unknown) => {
        throw isRefusal(error) ? refused(url) : error;
      },
    );
  };
}

const systemLookup: LookupFunction = (hostname, options, done) => dns.lookup(hostname, options, done);

const REFUSAL = 'its address is link-local';
const isRefusal = (error: unknown): boolean =>
  error instanceof RemoteFailure && error.cause instanceof Error && error.cause.message.includes(REFUSAL);

const guarded =
  (lookup: LookupFunction): LookupFunction =>
  (hostname, options, done) =>
    lookup(hostname, options, (error, address, family) => {
      const found = Array.isArray(address) ? address.map((one) => one.address) : [address];
      if (!error && found.some(isLinkLocal)) done(new Error(REFUSAL), address, family);
      else done(error, address, family);
    });

const refused = (url: string): RemoteFailure => new RemoteFailure('address_refused', `${new URL(url).host} is a link-local address`, 0);
