import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Subject } from '../domain/entities/entity.ts';
import type { OutgoingWebhook } from '../platforms/contract/simulation.ts';
import type { Sandbox } from './sandbox.ts';
import { writePrivateFile } from './sandbox-file.ts';
import { twinOf, type World } from './world.ts';

export interface BannerOptions {
  sandbox: Pick<Sandbox, 'worlds'>;
  /** Base URL of the service. */
  url: string;
  dataDir: string;
  /** Path of the generated admin key; null: `API_KEYS` is set. */
  keyFile: string | null;
  workingDir: string;
}

/** What a newcomer needs: that this is a sandbox, where things are, and lines to paste. No secret stands in it: `curl` reads them from files. */
export async function sandboxBanner(options: BannerOptions): Promise<string> {
  const { url, keyFile } = options;
  const near = (path: string) => shellWord(nearPath(options.workingDir, path));
  const sample = await writeSample(options);
  // The sandbox's certificate is as good as none to curl: it need not be for this address, nor from anybody known.
  const trust = url.startsWith('https:') ? '-k ' : '';
  const key = keyFile === null ? 'YOUR_API_KEY' : `$(cat ${near(keyFile)})`;
  return [
    '',
    '  This is the sandbox: every platform here is simulated, nothing leaves this machine.',
    '  (A connections.yaml, or CONNECTIONS_FILE, switches to the real ones.)',
    '',
    `  Service      ${url}`,
    `  Console      ${url}/console/`,
    `  API          ${url}/api/docs`,
    `  API key      ${keyFile === null ? 'one of API_KEYS' : `in ${near(keyFile)}`}`,
    `  Connections  ${options.sandbox.worlds.map((world) => world.connection).join(', ')}`,
    '',
    ...(sample === null
      ? []
      : [
          `  Send ${article(sample.webhook.eventType)} ${sample.webhook.eventType} with the sandbox's credentials:`,
          '',
          `curl ${trust}-K ${near(sample.configFile)} --data-binary @${near(sample.bodyFile)} ${url}/webhooks/${sample.connection}${sample.webhook.path}`,
          '',
        ]),
    '  Read what changed:',
    '',
    `curl ${trust}-H "Authorization: Bearer ${key}" ${url}/api/v1/changes`,
    '',
    ...(sample?.webhook.subject ? seeSubject(sample, sample.webhook.subject, { url, trust, key }) : []),
  ].join('\n');
}

/** Where the sample's order is seen once it has been sent. */
function seeSubject(
  { connection }: Sample,
  { kind, externalId }: Subject,
  { url, trust, key }: { url: string; trust: string; key: string },
): string[] {
  const address = `${url}/console/find?${new URLSearchParams({ connection, kind, externalId })}`;
  const id = encodeURIComponent(externalId);
  return [
    `  See that ${kind} in the console, or read it:`,
    '',
    `  ${address}`,
    `curl ${trust}-H "Authorization: Bearer ${key}" ${url}/api/v1/${kind}s/by-external/${connection}/${id}`,
    '',
  ];
}

/** What an engineer needs at a start with real connections: where things are, and which addresses to register. */
export function serviceBanner(options: {
  url: string;
  publicUrl: string | null;
  keyFile: string | null;
  connections: readonly string[];
}): string {
  const { url, publicUrl, keyFile, connections } = options;
  return [
    '',
    `  Service      ${url}`,
    `  Console      ${url}/console/`,
    `  API          ${url}/api/docs`,
    `  API key      ${keyFile === null ? 'one of API_KEYS' : `in ${keyFile}`}`,
    '',
    connections.length === 0 ? '  No connection is configured: nothing can arrive.' : '  Addresses to register at the platforms:',
    ...connections.map((name) => `  ${publicUrl ?? url}/webhooks/${name}`),
    '',
  ].join('\n');
}

const article = (word: string): string => (/^[aeiou]/i.test(word) ? 'an' : 'a');

/** The shorter one: relative to where the reader stands, or absolute. */
function nearPath(workingDir: string, path: string): string {
  const near = relative(workingDir, path);
  return near === '' || near.startsWith('..') ? path : near;
}

const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

interface Sample {
  connection: string;
  webhook: OutgoingWebhook;
  configFile: string;
  bodyFile: string;
}

// The story of the world counts its orders up from one: what happens this late in a twin of it is none of the story's orders.
const BEYOND_THE_STORY = 40;

/** An event that the first platform's world has not seen, and its credentials as options for `curl -K`, both for the owner's eyes only. */
async function writeSample({ sandbox, dataDir }: BannerOptions): Promise<Sample | null> {
  const [world] = sandbox.worlds;
  const webhook = world ? composeSample(world) : null;
  if (!world || !webhook) return null;
  const configFile = join(dataDir, 'sandbox-curl.txt');
  const bodyFile = join(dataDir, 'sandbox-event.json');
  await writePrivateFile(configFile, curlConfig(webhook));
  // The same event after a restart: sent again it is a duplicate, and its owner may have edited it.
  if (!existsSync(bodyFile)) await writePrivateFile(bodyFile, `${webhook.body}\n`);
  return { connection: world.connection, webhook, configFile, bodyFile };
}

function composeSample(world: World): OutgoingWebhook | null {
  const [first] = world.simulation.story;
  if (!first) return null;
  const now = new Date();
  const twin = twinOf(world, { seed: 'sample', baseUrl: 'http://127.0.0.1', now: () => now });
  const happen = () => twin.happen({ connection: twin.connection, ...first, at: now.toISOString() })[0] ?? null;
  for (let count = 0; count < BEYOND_THE_STORY; count++) happen();
  return happen();
}

/** Options for `curl -K`: headers with the credentials, so that they stand neither on a command line nor in a shell's history. */
export const curlConfig = (webhook: OutgoingWebhook): string =>
  [
    `request = ${webhook.method}`,
    ...Object.entries(webhook.headers).map(([name, value]) => `header = ${quoted(`${name}: ${value}`)}`),
    '',
  ].join('\n');

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
