import { Refused } from '../../src/domain/errors.ts';
import type { Json, JsonObject } from '../../src/domain/values/json.ts';
import { createCredentialChecker } from '../../src/http/auth/gatekeeper.ts';
import { createOwnTokens } from '../../src/http/auth/own-tokens.ts';
import type { AnyPlatform, CommonSettings, Connection } from '../../src/platforms/contract/platform.ts';
import type { OutgoingWebhook, Simulation } from '../../src/platforms/contract/simulation.ts';
import type { BodyVerdict } from '../../src/platforms/contract/webhook.ts';
import { createWorld, type World } from '../../src/sandbox/world.ts';
import { verdictOn } from '../support/incoming.ts';
import { connectionOf, inboundOf } from './fixtures.ts';

export const NOW = new Date('2026-03-01T08:00:00.000Z');
export const BASE_URL = 'http://127.0.0.1:1/simulator';

/** A platform's simulated data; another seed has other credentials. */
export const worldOf = (platform: AnyPlatform, seed = 'one'): World => createWorld(platform, { seed, baseUrl: BASE_URL, now: () => NOW });

export const happenIn = (world: World, eventType: string, form?: string, at = NOW): OutgoingWebhook[] =>
  world.trigger({ connection: world.connection, eventType, form, at: at.toISOString() });

/** The forms of webhooks in the platform's own sample history; undefined is the sender's default. */
export const formsOf = (world: World): (string | undefined)[] => [
  ...new Set([undefined, ...world.simulation.history.map(({ form }) => form)]),
];

/** Lets the platform authenticate a request as intake would, with the simulator as the issuer of tokens. */
export async function judge(connection: Connection, webhook: OutgoingWebhook, simulation: Simulation, now = NOW): Promise<BodyVerdict> {
  const clock = { now: () => now };
  const ask = async (method: string, url: string, body: string) => {
    const { pathname, searchParams } = new URL(url);
    const path = pathname.slice(new URL(BASE_URL).pathname.length);
    const answer = simulation.answer({ method, path, query: Object.fromEntries(searchParams), headers: {}, body });
    return { status: answer.status, headers: {}, text: answer.body.toString() };
  };
  const gatekeeper = createCredentialChecker({
    outside: { get: (url) => ask('GET', url, ''), post: (url, form) => ask('POST', url, new URLSearchParams(form).toString()) },
    ownTokens: createOwnTokens(async () => new Uint8Array(32).fill(9), clock),
    clock,
  });
  const inbound = inboundOf(connection, webhook, now);
  try {
    const checker = gatekeeper(connection, inbound.headers, now);
    return await verdictOn(connection.platform, inbound, connection.settings, checker);
  } catch (error) {
    if (error instanceof Refused) return { accepted: false, reason: error.code };
    throw error;
  }
}

export const connectionTo = (world: World, settings: CommonSettings = world.settings): Connection => connectionOf(world.platform, settings);

export type Tree = Json;

/** Two entries of one connection merged into one that has the secrets of both, as during a rotation: where they differ there is a list. */
export function withBoth(one: Tree, other: Tree): Tree {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.every((entry) => typeof entry === 'string')
      ? [...new Set([...one, ...other])]
      : one.map((entry, at) => withBoth(entry, other[at] ?? null));
  }
  if (typeof one === 'object' && one !== null && typeof other === 'object' && other !== null) {
    return Object.fromEntries(
      Object.entries(one).map(([name, member]) => [name, withBoth(member as Tree, (other as JsonObject)[name] ?? null)]),
    ) as JsonObject;
  }
  return one === other ? one : ([one, other] as Tree);
}
