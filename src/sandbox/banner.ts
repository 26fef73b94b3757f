import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Subject } from '../domain/entities/entity.ts';
import type { OutgoingWebhook } from '../platforms/contract/simulation.ts';
import type { Sandbox } from './sandbox.ts';
import { writePrivateFile } from './sandbox-file.ts';
import { copyWorld, type World } from './world.ts';

export interface BannerOptions {
  sandbox: Pick<Sandbox, 'worlds'>;
  /** Base URL of the service. */
  url: string;
  dataDir: string;
  /** Path of the generated admin key; null: `API_KEYS` is set. */
  keyFile: string | null;
  workingDir: string;
}

/** The introduction for new users: what the sandbox is, where things are, and commands to paste. It contains no secrets: `curl` reads them from files. */
export async function sandboxBanner(options: BannerOptions): Promise<string> {
  const { url, keyFile } = options;
  const short = (path: string) => shellWord(shortPath(options.workingDir, path));
  const sample = await writeSample(options);
  // curl would reject the certificate: it need not be for this address, nor from a known authority.
  const trust = url.startsWith('https:') ? '-k ' : '';
  const key = keyFile === null ? 'YOUR_API_KEY' : `$(cat ${short(keyFile)})`;
  return [
    '',
    '  This is the sandbox: every platform here is simulated, nothing leaves this machine.',
    '  (A connections.yaml, or CONNECTIONS_FILE, switches to the real ones.)',
    '',
    `  Service      ${url}`,
    `  Console      ${url}/console/`,
    `  API          ${url}/api/docs`,
    `  API key      ${keyFile === null ? 'one of API_KEYS' : `in ${short(keyFile)}`}`,
    `  Connections  ${options.sandbox.worlds.map((world) => world.connection).join(', ')}`,
    '',
    ...(sample === null
      ? []
      : [
          `  Send ${article(sample.webhook.eventType)} ${sample.webhook.eventType} with the sandbox's credentials:`,
          '',
          `curl ${trust}-K ${short(sample.configFile)} --data-binary @${short(sample.bodyFile)} ${url}/webhooks/${sample.connection}${sample.webhook.path}`,
          '',
        ]),
    '  Read what changed:',
    '',
    `curl ${trust}-H "Authorization: Bearer ${key}" ${url}/api/v1/changes`,
    '',
    ...(sample?.webhook.subject ? seeSubject(sample, sample.webhook.subject, { url, trust, key }) : []),
  ].join('\n');
}

/** Where to see the sample's order once it has been sent. */
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

/** The start text with real connections: where things are, and which addresses to register. */
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
    connections.length === 0
      ? '  No connection is configured: nothing can be received.'
      : '  Webhook addresses to register with the platforms:',
    ...connections.map((name) => `  ${publicUrl ?? url}/webhooks/${name}`),
    '',
  ].join('\n');
}

const article = (word: string): string => (/^[aeiou]/i.test(word) ? 'an' : 'a');

/** The shorter path: relative to the working directory, or absolute. */
function shortPath(workingDir: string, path: string): string {
  const short = relative(workingDir, path);
  return short === '' || short.startsWith('..') ? path : short;
}

const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

interface Sample {
  connection: string;
  webhook: OutgoingWebhook;
  configFile: string;
  bodyFile: string;
}

// The sample history numbers its orders from one: events this late in a copy of the world never use the orders of the history.
const BEYOND_THE_HISTORY = 40;

/** An event that the first platform's world has not seen, and its credentials as options for `curl -K`; only the owner can read either file. */
async function writeSample({ sandbox, dataDir }: BannerOptions): Promise<Sample | null> {
  const [world] = sandbox.worlds;
  const webhook = world ? composeSample(world) : null;
  if (!world || !webhook) return null;
  const configFile = join(dataDir, 'sandbox-curl.txt');
  const bodyFile = join(dataDir, 'sandbox-event.json');
  await writePrivateFile(configFile, curlConfig(webhook));
  // After a restart the existing event is kept: sending it again shows a duplicate, and the user may have edited it.
  if (!existsSync(bodyFile)) await writePrivateFile(bodyFile, `${webhook.body}\n`);
  return { connection: world.connection, webhook, configFile, bodyFile };
}

function composeSample(world: World): OutgoingWebhook | null {
  const [first] = world.simulation.history;
  if (!first) return null;
  const now = new Date();
  const copy = copyWorld(world, { seed: 'sample', baseUrl: 'http://127.0.0.1', now: () => now });
  const trigger = () => copy.trigger({ connection: copy.connection, ...first, at: now.toISOString() })[0] ?? null;
  for (let count = 0; count < BEYOND_THE_HISTORY; count++) trigger();
  return trigger();
}

/** Options for `curl -K`: headers with the credentials, which keeps them out of command lines and the shell history. */
export const curlConfig = (webhook: OutgoingWebhook): string =>
  [
    `request = ${webhook.method}`,
    ...Object.entries(webhook.headers).map(([name, value]) => `header = ${quoted(`${name}: ${value}`)}`),
    '',
  ].join('\n');

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
