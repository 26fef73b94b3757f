import assert from 'node:assert/strict';
import test from 'node:test';
import { InvalidBody } from '../../src/domain/errors.ts';
import type { Json, JsonObject } from '../../src/domain/values/json.ts';
import type { Connection } from '../../src/platforms/contract/platform.ts';
import type { OutgoingWebhook } from '../../src/platforms/contract/simulation.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { arrivedOf, inboundOf } from './fixtures.ts';
import { connectionTo, happenIn, NOW, worldOf } from './worlds.ts';

const LETTER = 'ü';

/** Every human-readable text of a document gets a letter that the charsets encode differently. */
function withLetter(value: Json): Json {
  if (Array.isArray(value)) return value.map(withLetter);
  if (typeof value !== 'object' || value === null || 'rawJSON' in value) return value;
  const members = Object.entries(value as JsonObject).map(([name, member]) => [name, withLetter(member as Json)]);
  return { ...Object.fromEntries(members), letter: `M${LETTER}ller` };
}

/** A JSON webhook of the platform, with a letter outside ASCII. */
function lettered(connection: Connection): OutgoingWebhook {
  const world = worldOf(connection.platform);
  const sent = connection.platform.events.flatMap(({ type }) => happenIn(world, type)).find(({ method }) => method === 'POST');
  assert.ok(sent);
  return { ...sent, body: JSON.stringify(withLetter(JSON.parse(sent.body) as Json)) };
}

/** The platform's interpretation of these bytes. */
function read(connection: Connection, webhook: OutgoingWebhook, body: Buffer, contentType: string) {
  const { platform, settings } = connection;
  const headers = Object.fromEntries(Object.entries(webhook.headers).filter(([name]) => name.toLowerCase() !== 'content-type'));
  const request = { ...inboundOf(connection, { ...webhook, headers: { ...headers, 'content-type': contentType } }, NOW), body };
  const { eventId, eventType, subject } = platform.identify(request, settings);
  const told = platform.interpret(arrivedOf(connection, request, { ...platform.identify(request, settings) }), settings);
  return JSON.stringify({ eventId, eventType, subject, told });
}

const MARK = '\uFEFF';
const UTF16BE = (text: string) => Buffer.from(text, 'utf16le').swap16();
const FORMS: readonly (readonly [name: string, contentType: string, encode: (text: string) => Buffer])[] = [
  ['UTF-8 with a mark', 'application/json', (text) => Buffer.from(MARK + text)],
  ['UTF-8 with a mark and a charset', 'application/json; charset="UTF-8"', (text) => Buffer.from(MARK + text)],
  ['UTF-16 with a mark', 'application/json', (text) => Buffer.from(MARK + text, 'utf16le')],
  ['UTF-16, the other way round', 'application/json', (text) => UTF16BE(MARK + text)],
  ['UTF-16 without a mark', 'application/json;charset=utf-16', UTF16BE],
  ['ISO-8859-1', 'application/json; charset=ISO-8859-1', (text) => Buffer.from(text, 'latin1')],
  ['ISO-8859-15', 'application/json; charset=iso-8859-15', (text) => Buffer.from(text, 'latin1')],
  ['Windows-1252', 'application/json; charset=windows-1252', (text) => Buffer.from(text, 'latin1')],
];

for (const platform of PLATFORMS) {
  test(`${platform.name}: a body is read identically in every charset, and rejected in a charset that it is not written in`, () => {
    const connection = connectionTo(worldOf(platform));
    const webhook = lettered(connection);
    const plain = read(connection, webhook, Buffer.from(webhook.body), 'application/json');
    assert.ok(plain.length > 50);
    for (const [name, contentType, encode] of FORMS) {
      assert.equal(read(connection, webhook, encode(webhook.body), contentType), plain, name);
    }
    // Neither a single byte of ISO-8859-1 nor an odd number of bytes is valid.
    const latin = Buffer.from(webhook.body, 'latin1');
    assert.throws(() => read(connection, webhook, latin, 'application/json; charset=utf-8'), InvalidBody);
    assert.throws(() => read(connection, webhook, Buffer.from(`${MARK}{"a`, 'utf16le').subarray(1), 'application/json'), InvalidBody);
    assert.throws(() => read(connection, webhook, latin, 'application/json; charset=klingon'), { status: 415 });
  });
}
