import { RemoteFailure } from '../../../domain/errors.ts';

/**
 * Checks the link to the next page, which is followed only below the API's own base address. A server behind a TLS proxy may write
 * `http://` when called by https; only that is corrected.
 */
export function followableLink(baseUrl: string, link: string): string {
  const base = new URL(baseUrl);
  if (!URL.canParse(link, baseUrl)) throw refused('it is not a valid URL');
  const url = new URL(link, baseUrl);
  if (base.protocol === 'https:' && url.protocol === 'http:' && url.hostname === base.hostname) {
    url.protocol = 'https:';
    url.port = base.port;
  }
  const root = base.pathname.replace(/\/+$/, '');
  if (url.origin !== base.origin) throw refused(`${url.origin} is not the API's own address`);
  if (!`${url.pathname}/`.startsWith(`${root}/`) || hasHiddenDots(url.pathname)) throw refused(`${url.pathname} is not below ${root}`);
  if (url.username !== '' || url.password !== '') throw refused('it contains credentials');
  return url.href;
}

/** A dot segment behind an encoded slash, or with a parameter (`..;x`): URL parsers keep it, but many servers resolve it. */
const hasHiddenDots = (path: string): boolean => path.split(/[/\\]|%2f|%5c/i).some((segment) => /^(\.|%2e){1,2}(;|%3b|$)/i.test(segment));

const refused = (reason: string): RemoteFailure =>
  new RemoteFailure('remote_refused', `The link to the next page is not followed: ${reason}`, 0);
