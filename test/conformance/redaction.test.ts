import assert from 'node:assert/strict';
import test from 'node:test';
import type { JsonObject } from '../../src/domain/values/json.ts';
import type { OutgoingWebhook } from '../../src/platforms/contract/simulation.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import type { Sql } from '../../src/store/engine/database.ts';
import { createPlatformContext, type PlatformContext, testOnPlatforms } from './platform-context.ts';
import { type Tree, worldOf } from './worlds.ts';

/** The values that depend on the seed: the secrets of a connection. */
function secretsOf(one: Tree, two: Tree): string[] {
  if (typeof one === 'string') return one === two || /^https?:/.test(one) ? [] : [one];
  if (typeof one !== 'object' || one === null) return [];
  return Object.entries(one).flatMap(([name, member]) => secretsOf(member as Tree, (two as JsonObject)[name] ?? null));
}

/** The credentials in a sender's headers, besides the secrets themselves; a signature reveals nothing. */
const credentialsIn = ({ headers }: OutgoingWebhook): string[] =>
  Object.entries(headers).flatMap(([name, value]) => (name.toLowerCase() === 'authorization' ? [value.split(' ').at(-1) ?? value] : []));

/** Tokens that act on behalf of a customer: in events, in responses of the API, in a login. */
const tokensIn = (text: string): string[] =>
  [...text.matchAll(/"(?:one_click_token|access_token|accessToken|refresh_token|refreshToken)":"([^"]{6,})"/g)].map(
    ([, token]) => token ?? '',
  );

const TABLES = {
  sqlite: "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'",
  postgres: "select table_name as name from information_schema.tables where table_schema = 'public'",
};

/** Every value of every row, as text. */
async function everythingStored(sql: Sql): Promise<string> {
  const tables = await sql.all<{ name: string }>(TABLES[sql.dialect.name]);
  assert.ok(tables.length > 8, 'the tables are found');
  const values: string[] = [];
  for (const { name } of tables) {
    for (const row of await sql.all<Record<string, unknown>>(`select * from ${name}`)) {
      values.push(...Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString('utf8') : String(value))));
    }
  }
  return values.join('\n');
}

async function playHistory(running: PlatformContext): Promise<OutgoingWebhook[]> {
  const sent: OutgoingWebhook[] = [];
  const { platform, simulation } = running.world;
  for (const { eventType, form } of [...platform.events.map(({ type }) => ({ eventType: type, form: undefined })), ...simulation.history]) {
    sent.push(...(await running.happen(eventType, form)).map(({ webhook }) => webhook));
  }
  await running.settle();
  return sent;
}

testOnPlatforms('no credential is in any row or any log line', async (running, platform) => {
  const sent = await playHistory(running);
  const own = secretsOf(running.world.entry, worldOf(platform).entry);
  assert.ok(own.length > 0);
  const texts = [...sent.map(({ body }) => body), ...running.asked];
  const secrets = new Set([...own, ...sent.flatMap(credentialsIn), ...texts.flatMap(tokensIn)]);
  const kept = await everythingStored(running.context.db.read);
  const logged = JSON.stringify(running.log.lines);
  assert.ok(kept.includes(sent[0]?.subject?.externalId ?? '?'), 'what is kept has been read');
  for (const secret of secrets) {
    assert.ok(!kept.includes(secret), 'a credential is stored');
    assert.ok(!logged.includes(secret), 'a credential is logged');
  }
});

test('tokens that act for a customer are really sent, so that there is something to redact', async (t) => {
  const platform = PLATFORMS.find((one) => one.redactBody !== undefined);
  assert.ok(platform);
  const running = await createPlatformContext('sqlite', platform);
  t.after(() => running.close());
  const sent = await playHistory(running);
  assert.ok(sent.some(({ body }) => tokensIn(body).length > 0));
});
