import assert from 'node:assert/strict';
import test from 'node:test';
import type { JsonObject } from '../../src/domain/values/json.ts';
import type { Connection } from '../../src/platforms/contract/platform.ts';
import type { OutgoingWebhook, Simulation } from '../../src/platforms/contract/simulation.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import type { World } from '../../src/sandbox/world.ts';
import { parseSettings } from './fixtures.ts';
import { connectionTo, formsOf, happenIn, judge, NOW, type Tree, withBoth, worldOf } from './worlds.ts';

const LATER = new Date(NOW.getTime() + 400 * 86_400_000);
const EARLIER = new Date(NOW.getTime() - 400 * 86_400_000);

/** The first event of the sample history in this form, or the first one. */
function sendOne(world: World, form: string | undefined, at = NOW): OutgoingWebhook {
  const told = world.simulation.history.find((event) => event.form === form) ?? world.simulation.history[0];
  const [webhook] = happenIn(world, told?.eventType ?? '', form, at);
  assert.ok(webhook, 'something is sent');
  return webhook;
}

const withHeaders = (webhook: OutgoingWebhook, headers: Record<string, string>): OutgoingWebhook => ({ ...webhook, headers });

/** The smallest sets of headers with which a request is accepted. */
async function waysIn(connection: Connection, webhook: OutgoingWebhook, simulation: Simulation): Promise<Record<string, string>[]> {
  const { 'content-type': _plain, 'Content-Type': _other, ...sent } = webhook.headers;
  const names = Object.keys(sent);
  const sets = Array.from({ length: 2 ** names.length }, (_, bits) => names.filter((_name, at) => bits & (1 << at)));
  const ways: string[][] = [];
  for (const set of sets.sort((one, two) => one.length - two.length)) {
    if (ways.some((way) => way.every((name) => set.includes(name)))) continue;
    if ((await judge(connection, withHeaders(webhook, pick(webhook, set)), simulation)).accepted) ways.push(set);
  }
  return ways.map((way) => pick(webhook, way));
}

const pick = (webhook: OutgoingWebhook, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(webhook.headers).filter(([name]) => names.includes(name) || name.toLowerCase() === 'content-type'));

const credentialNames = (way: Record<string, string>): string[] => Object.keys(way).filter((name) => name.toLowerCase() !== 'content-type');

const other = (char: string | undefined): string => (char === '7' ? '8' : '7');
const changedAt = (value: string, at: number): string => `${value.slice(0, at)}${other(value[at])}${value.slice(at + 1)}`;

/** The same credential, invalidated: changed in three places, shorter, longer, empty, tiny, huge. */
function spoilt(value: string): string[] {
  const middle = Math.floor(value.length / 2);
  const changed = [0.3, 0.5, 0.8].map((part) => changedAt(value, Math.floor(value.length * part)));
  const lengths = [value.slice(0, middle) + value.slice(middle + 1), `${value.slice(0, middle)}7${value.slice(middle)}`];
  return [...changed, ...lengths, '', '7', other(value[0]).repeat(3000)];
}

for (const platform of PLATFORMS) {
  for (const form of formsOf(worldOf(platform))) {
    const title = `${platform.name}, ${form ?? 'as it sends by default'}`;

    test(`${title}: its own credentials are accepted, and reported without their value`, async () => {
      const world = worldOf(platform);
      const webhook = sendOne(world, form);
      const verdict = await judge(connectionTo(world), webhook, world.simulation);
      assert.ok(verdict.accepted);
      assert.match(verdict.credential, /^[a-zA-Z]+\[\d+\](\.\w+)?$/);
    });

    test(`${title}: missing, wrong, shorter and longer credentials are rejected`, async () => {
      const world = worldOf(platform);
      const connection = connectionTo(world);
      const webhook = sendOne(world, form);
      const ways = await waysIn(connection, webhook, world.simulation);
      assert.ok(ways.length > 0);
      for (const way of ways) {
        assert.ok(credentialNames(way).length > 0, 'a request without credentials is refused');
        for (const name of credentialNames(way)) {
          for (const value of spoilt(way[name] ?? '')) {
            const verdict = await judge(connection, withHeaders(webhook, { ...way, [name]: value }), world.simulation);
            assert.equal(verdict.accepted, false, `${name} spoilt`);
          }
        }
      }
    });

    test(`${title}: a sender with other secrets is rejected`, async () => {
      const [world, stranger] = [worldOf(platform), worldOf(platform, 'stranger')];
      const verdict = await judge(connectionTo(world), sendOne(stranger, form), world.simulation);
      assert.equal(verdict.accepted, false);
    });

    test(`${title}: credentials that differ per message expire, and are valid for their message only`, async () => {
      const world = worldOf(platform);
      const connection = connectionTo(world);
      const [one, two] = [sendOne(world, form), sendOne(world, form, new Date(NOW.getTime() + 1000))];
      const names = (await waysIn(connection, one, world.simulation)).flatMap(credentialNames);
      const changing = names.filter((name) => one.headers[name] !== two.headers[name]);
      const late = await judge(connection, one, world.simulation, LATER);
      assert.equal(late.accepted, changing.length === 0, 'static credentials stay, all others end');
      const signatures = changing.filter((name) => name.toLowerCase() !== 'authorization');
      if (signatures.length === 0) return;
      assert.equal((await judge(connection, one, world.simulation, EARLIER)).accepted, false, 'from the future');
      assert.notEqual(one.body, two.body);
      assert.equal((await judge(connection, { ...one, body: two.body }, world.simulation)).accepted, false, 'with another body');
    });
  }

  test(`${platform.name}: during a rotation both secrets are accepted, in any order, and a third is not`, async () => {
    const [old, renewed, stranger] = [worldOf(platform), worldOf(platform, 'renewed'), worldOf(platform, 'stranger')];
    for (const entry of [withBoth(old.entry, renewed.entry), withBoth(renewed.entry, old.entry)]) {
      const connection = connectionTo(old, parseSettings(platform, entry as JsonObject));
      const verdicts = await Promise.all([old, renewed].map((world) => judge(connection, sendOne(world, undefined), world.simulation)));
      assert.ok(
        verdicts.every((verdict) => verdict.accepted),
        'both secrets are accepted',
      );
      assert.equal((await judge(connection, sendOne(stranger, undefined), stranger.simulation)).accepted, false);
    }
  });

  test(`${platform.name}: without a secret nothing is accepted, or the settings are invalid`, async () => {
    const world = worldOf(platform);
    const { webhook: own, ...rest } = world.entry as { webhook: JsonObject } & JsonObject;
    const { webhook: others } = worldOf(platform, 'stranger').entry as { webhook: JsonObject };
    const emptied = ['', []].map((empty) => replaced(own, others, empty));
    assert.notDeepEqual(emptied[0], own, 'there are secrets to leave out');
    for (const webhook of [{}, { auth: [] }, ...emptied]) {
      const settings = platform.settings.safeParse({ ...rest, platform: undefined, webhook });
      for (const form of settings.success ? formsOf(world) : []) {
        const sent = sendOne(world, form);
        for (const request of [sent, withHeaders(sent, pick(sent, []))]) {
          assert.equal((await judge(connectionTo(world, settings.data), request, world.simulation)).accepted, false);
        }
      }
    }
  });
}

/** The same settings with empty values in place of those that depend on the seed: the secrets. */
function replaced(one: Tree, two: Tree, empty: string | never[]): Tree {
  if (Array.isArray(one)) return one.map((entry, at) => replaced(entry, (two as Tree[])[at] ?? null, empty));
  if (typeof one !== 'object' || one === null) return one === two ? one : empty;
  const others = two as JsonObject;
  return Object.fromEntries(Object.entries(one).map(([name, member]) => [name, replaced(member as Tree, others[name] as Tree, empty)]));
}
