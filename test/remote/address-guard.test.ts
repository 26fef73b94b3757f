import assert from 'node:assert/strict';
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import test from 'node:test';
import { RemoteFailure } from '../../src/domain/errors.ts';
import { createPublicOpener, followRedirects } from '../../src/remote/address-guard.ts';
import type { RemoteStream } from '../../src/remote/remote.ts';
import { remoteServer } from './remote-server.ts';

const now = () => new Date('2026-03-01T12:00:00Z');
const refusal = (error: unknown) => error instanceof RemoteFailure && error.code === 'address_refused' && error.status === 0;

const NOT_PUBLIC = [
  'http://127.0.0.1/x',
  'http://127.1/x',
  'http://2130706433/x',
  'http://0x7f.0.0.1/x',
  'http://0.0.0.0/x',
  'http://10.1.2.3/x',
  'http://172.16.0.9/x',
  'http://192.168.1.1/x',
  'http://169.254.169.254/latest/meta-data',
  'http://100.100.100.200/x',
  'http://168.63.129.16/x',
  'http://198.18.0.1/x',
  'http://224.0.0.1/x',
  'http://255.255.255.255/x',
  'https://[::1]/x',
  'http://[::]/x',
  'http://[fe80::1]/x',
  'http://[fd00:ec2::254]/x',
  'http://[::ffff:127.0.0.1]/x',
  'http://[::ffff:a00:1]/x',
  'http://[64:ff9b::7f00:1]/x',
  'ftp://93.184.216.34/x',
  'file:///etc/passwd',
  'not an address',
];
for (const url of NOT_PUBLIC) {
  test(`${url} is not opened`, async () => {
    await assert.rejects(createPublicOpener(now)(url), refusal);
  });
}

const resolvesTo =
  (...answers: string[][]): LookupFunction =>
  (_host, options, done) => {
    const addresses = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (options.all) done(null, found);
    else done(null, found[0]?.address ?? '', found[0]?.family ?? 4);
  };

test('a name that resolves to a private address is not opened, nor one with a private address among its public ones', async () => {
  for (const addresses of [['10.0.0.5'], ['93.184.216.34', '127.0.0.1'], ['fd00::1']]) {
    await assert.rejects(createPublicOpener(now, resolvesTo(addresses))('http://partner.example/doc.pdf'), refusal);
  }
});

test('a name whose resolution changes is connected to only at the address that was checked', async (t) => {
  let reached = 0;
  const base = await remoteServer(t, (_request, response) => {
    reached += 1;
    response.end('inside');
  });
  const port = new URL(base).port;
  const open = createPublicOpener(now, resolvesTo(['127.0.0.1']));
  await assert.rejects(open(`http://rebind.example:${port}/`), refusal);
  assert.equal(reached, 0);
});

const stream = (status: number, headers: Record<string, string> = {}): RemoteStream => ({ status, headers, content: Readable.from([]) });

test('every redirect is checked by the guard again', async () => {
  const asked: string[] = [];
  const open = async (url: string) => {
    asked.push(url);
    return url.endsWith('/c') ? stream(200) : stream(302, { location: url.endsWith('/a') ? '/b' : 'https://two.example/c' });
  };
  assert.equal((await followRedirects('http://one.example/a', open, now)).status, 200);
  assert.deepEqual(asked, ['http://one.example/a', 'http://one.example/b', 'https://two.example/c']);
});

test('a redirect to another scheme is refused and the sixth redirect is too many', async () => {
  const toFile = async () => stream(302, { location: 'file:///etc/passwd' });
  await assert.rejects(followRedirects('http://one.example/', toFile, now), refusal);
  let opened = 0;
  const round = async () => {
    opened += 1;
    return stream(302, { location: '/again' });
  };
  await assert.rejects(followRedirects('http://one.example/', round, now), (error: RemoteFailure) => error.code === 'remote_redirected');
  assert.equal(opened, 6);
});

test('a response other than 2xx is thrown with its status', async () => {
  const open = async () => stream(403);
  await assert.rejects(followRedirects('http://one.example/', open, now), (error: RemoteFailure) => error.status === 403);
});
