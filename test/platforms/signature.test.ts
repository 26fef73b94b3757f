import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import test from 'node:test';
import {
  digestHash,
  digestHmac,
  equalSecret,
  matchSecret,
  matchSignature,
  signatureValues,
  timestampMs,
  verifyEd25519,
  withinTolerance,
} from '../../src/platforms/signature.ts';

const body = Buffer.from('{"order":"A-17","note":"Käse ✓","total":1.10}');

test('secrets of any length are compared without throwing', () => {
  for (const given of ['', 'x', 'a'.repeat(10_000), 'right secret', 'right secret\n'])
    assert.equal(equalSecret(given, 'right secreT'), false);
  assert.equal(equalSecret('right secret', 'right secret'), true);
});

test('a shared token reports the position of the secret that matched', () => {
  assert.equal(matchSecret('old', ['new', 'old']), 1);
  assert.equal(matchSecret('new', ['new', 'old']), 0);
  assert.equal(matchSecret('none', ['new', 'old']), -1);
  assert.equal(matchSecret('', []), -1);
});

test('an HMAC over pieces equals the HMAC over the bytes that were sent', () => {
  for (const algorithm of ['sha1', 'sha256', 'sha512'] as const) {
    const expected = createHmac(algorithm, 'key')
      .update(Buffer.concat([Buffer.from('1700000000.'), body]))
      .digest('hex');
    assert.equal(digestHmac(algorithm, 'key', ['1700000000', '.', body]).toString('hex'), expected);
  }
});

test('a plain hash with the secret as a prefix is not an HMAC', () => {
  const expected = createHash('sha256').update('key').update(body).digest('hex');
  assert.equal(digestHash('sha256', ['key', body]).toString('hex'), expected);
  assert.notEqual(expected, digestHmac('sha256', 'key', [body]).toString('hex'));
});

test('JSON that was parsed and serialized again has another signature than the raw bytes', () => {
  const rewritten = Buffer.from(JSON.stringify(JSON.parse(body.toString())));
  const given = [digestHmac('sha256', 'key', [body]).toString('base64')];
  assert.equal(
    matchSignature(given, ['key'], ['base64'], (key) => digestHmac('sha256', key, [body])),
    0,
  );
  assert.equal(
    matchSignature(given, ['key'], ['base64'], (key) => digestHmac('sha256', key, [rewritten])),
    -1,
  );
});

test('any key may have made any of the signatures', () => {
  const made = (key: string) => digestHmac('sha256', key, [body]);
  const given = ['not one', made('old').toString('hex')];
  assert.equal(matchSignature(given, ['new', 'old'], ['hex'], made), 1);
  assert.equal(matchSignature([...given, made('new').toString('hex')], ['new', 'old'], ['hex'], made), 0);
  assert.equal(matchSignature(given, ['new', 'other'], ['hex'], made), -1);
  assert.equal(matchSignature(given, [], ['hex'], made), -1);
  assert.equal(matchSignature([], ['old'], ['hex'], made), -1);
});

test('signatures of another length or form are unequal and do not throw', () => {
  const made = (key: string) => digestHmac('sha256', key, [body]);
  const right = made('key').toString('hex');
  for (const wrong of ['', '0', right.slice(1), `${right}0`, right.repeat(100), '☃', '\u0000', '='.repeat(44)]) {
    assert.equal(matchSignature([wrong], ['key'], ['hex', 'base64'], made), -1);
  }
});

test('hex may be written in capitals, base64 may not', () => {
  const made = (key: string) => digestHmac('sha256', key, [body]);
  assert.equal(matchSignature([made('key').toString('hex').toUpperCase()], ['key'], ['hex'], made), 0);
  assert.equal(matchSignature([made('key').toString('base64').toUpperCase()], ['key'], ['base64'], made), -1);
});

test('a signature header is read bare, after a prefix, as repeated members and as a list with versions', () => {
  assert.deepEqual(signatureValues('abc=', ''), ['abc=']);
  assert.deepEqual(signatureValues('1700000000000,aa,bb', ''), ['1700000000000', 'aa', 'bb']);
  assert.deepEqual(signatureValues('sha256=abc', 'sha256='), ['abc']);
  assert.deepEqual(signatureValues('ts=17,sig=aa,sig=bb', 'sig='), ['aa', 'bb']);
  assert.deepEqual(signatureValues('v1,aa= v1a,bb v1,cc=', 'v1,'), ['aa=', 'cc=']);
  assert.deepEqual(signatureValues('sha256=', 'sha256='), []);
  assert.deepEqual(signatureValues('abc', 'sha256='), []);
  assert.deepEqual(signatureValues('', ''), []);
});

test('a timestamp consists of digits only', () => {
  assert.equal(timestampMs('1700000000', 's'), 1_700_000_000_000);
  assert.equal(timestampMs('1700000000123', 'ms'), 1_700_000_000_123);
  for (const text of ['', '-1', '1e9', ' 1', '1.5', '12345678901234567', null, undefined]) assert.equal(timestampMs(text, 's'), null);
});

test('a tolerance applies in both directions, to the second', () => {
  const now = new Date('2026-03-01T12:00:00.000Z');
  for (const seconds of [-300, 0, 300]) assert.equal(withinTolerance(now.getTime() + seconds * 1000, now, 300), true);
  for (const seconds of [-301, 301]) assert.equal(withinTolerance(now.getTime() + seconds * 1000, now, 300), false);
});

test('a public key verifies only its own signature', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const signature = sign(null, Buffer.concat([Buffer.from('id.'), body]), privateKey);
  assert.equal(verifyEd25519(raw, signature, ['id.', body]), true);
  assert.equal(verifyEd25519(raw, signature, ['id.', body, ' ']), false);
  assert.equal(verifyEd25519(raw, signature.subarray(1), ['id.', body]), false);
  assert.equal(verifyEd25519(raw.subarray(1), signature, ['id.', body]), false);
});
