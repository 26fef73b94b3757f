import { Refused } from '../domain/errors.ts';
import { isLinkLocal } from '../domain/values/link-local.ts';

/** The URL at which a consumer is notified, and the secret with which its messages are signed; a null secret keeps the stored one. */
export interface NotifyTarget {
  url: string;
  secret: string | null;
}

const invalid = (text: string) => new Refused(400, 'invalid_notify', text);

const SECRET = /^(whsec_)?[A-Za-z0-9+/]+={0,2}$/;
const MIN_SECRET_BYTES = 16;

/**
 * Validates a consumer's notify URL. It is the operator's own system, so private and loopback addresses are allowed; link-local ones are
 * not (cloud metadata services answer there). The secret is one of Standard Webhooks: base64, optionally after `whsec_`.
 */
export function readNotifyTarget(url: string, secret: string | null): NotifyTarget {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) throw invalid('`notify.url` must be an http or https URL.');
  if (parsed.username !== '' || parsed.password !== '') throw invalid('`notify.url` must not contain credentials.');
  if (isLinkLocal(parsed.hostname.replace(/^\[|\]$/g, ''))) throw invalid('`notify.url` must not be a link-local address.');
  if (secret !== null && !isSecret(secret))
    throw invalid('`notify.secret` must be base64 of at least 16 bytes, optionally after "whsec_" (Standard Webhooks).');
  return { url: parsed.href, secret };
}

const isSecret = (secret: string): boolean =>
  SECRET.test(secret) && Buffer.from(secret.replace(/^whsec_/, ''), 'base64').length >= MIN_SECRET_BYTES;
