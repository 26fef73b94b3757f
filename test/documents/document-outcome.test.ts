import assert from 'node:assert/strict';
import test from 'node:test';
import { documentOutcome } from '../../src/documents/document-outcome.ts';
import { OrderdockError, PermanentFailure, RemoteFailure, RemoteMissing, Unavailable } from '../../src/domain/errors.ts';
import { displayName } from '../../src/domain/values/file-name.ts';

const down = new RemoteFailure('remote_unavailable', 'answered 500', 500);
const TABLE: readonly (readonly [what: string, error: unknown, failedBefore: number, state: string, tries: number, waitMs: number])[] = [
  ['a first failure', down, 0, 'announced', 1, 3000],
  ['a second failure', down, 1, 'announced', 2, 12_000],
  ['a third failure', down, 2, 'failed', 3, 0],
  ['an expired address', new RemoteFailure('remote_forbidden', '', 403), 0, 'announced', 1, 500],
  ['an address that expired twice', new RemoteFailure('remote_forbidden', '', 403), 1, 'announced', 2, 2000],
  ['an internal error', new TypeError('x'), 2, 'failed', 3, 0],
  ['a longer Retry-After', new RemoteFailure('remote_unavailable', '', 503, 45_000), 0, 'announced', 1, 45_000],
  ['an absurd Retry-After', new RemoteFailure('remote_unavailable', '', 503, 1e12), 0, 'announced', 1, 3_600_000],
  ['a 429', new RemoteFailure('remote_rate_limited', '', 429, 45_000), 2, 'announced', 2, 45_000],
  ['refused credentials', new RemoteFailure('platform_refuses_us', '', 401, 20_000), 2, 'announced', 2, 20_000],
  ['an unknown document', new RemoteMissing(''), 1, 'announced', 2, 12_000],
  ['a document that stays unknown', new RemoteMissing(''), 2, 'missing', 3, 0],
  ['too many bytes', new OrderdockError('too_large', ''), 0, 'too_large', 1, 0],
  ['an address of our own network', new RemoteFailure('address_refused', '', 0), 0, 'refused', 1, 0],
  ['no API', new PermanentFailure('api_missing', ''), 0, 'failed', 1, 0],
  ['an open circuit', new RemoteFailure('circuit_open', '', 0, 20_000), 2, 'announced', 2, 20_000],
  ['an exhausted rate limit', new RemoteFailure('rate_limited_here', '', 0, 10), 2, 'announced', 2, 1000],
  ['a full disk', new Unavailable('storage_unavailable', '', 60_000), 2, 'announced', 2, 60_000],
];

for (const [what, error, failedBefore, state, tries, waitMs] of TABLE) {
  test(`after ${what} (${failedBefore} before) a document is ${state}`, () => {
    assert.deepEqual(documentOutcome(error, failedBefore, 1), { state, tries, waitMs });
  });
}

test('delays vary by up to half, so that documents that failed together are not retried together', () => {
  assert.equal(documentOutcome(down, 0, 0).waitMs, 1500);
});

const NAMES: readonly (readonly [given: string | null, shown: string | null])[] = [
  ['terms.pdf', 'terms.pdf'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\Windows\\evil.exe', 'evil.exe'],
  ['..', null],
  ['folder/', 'folder'],
  ['invoice\u202efdp.exe', 'invoicefdp.exe'],
  ['a\u0000b\r\nSet-Cookie: x', 'abSet-Cookie_ x'],
  ['Bestätigung – 7 €.pdf', 'Bestätigung – 7 €.pdf'],
  ['.htaccess', 'htaccess'],
  ['', null],
  [null, null],
];

test('a file name from outside is only ever shown as a plain last segment', () => {
  for (const [given, shown] of NAMES) assert.equal(displayName(given), shown);
  assert.equal(displayName('ü'.repeat(500))?.length, 150);
});
