import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Subject } from '../domain/entities/entity.ts';
import { objectAt, textAt } from '../domain/values/json.ts';
import type { AnyPlatform, Connection } from '../platforms/contract/platform.ts';
import type { OutgoingWebhook } from '../platforms/contract/simulation.ts';
import { PLATFORMS } from '../platforms/registry.ts';
import { createPost, type Post, type PostAnswer } from '../sandbox/post.ts';
import { readSandboxFile } from '../sandbox/sandbox-file.ts';
import type { Settings } from '../settings.ts';
import { answer } from './answer.ts';
import { connectionsOf, findConnection, serviceUrl, settingsOf } from './open.ts';
import { type CliRuntime, CommandFailed } from './runtime.ts';

interface Options {
  form?: string;
  connection?: string;
  url?: string;
  token?: true;
  json?: true;
}

export function addSend(program: Command, runtime: CliRuntime): void {
  program
    .command('send')
    .description("Sign a sample event with a connection's own credentials and post it to the service.")
    .argument('<platform>', PLATFORMS.map((platform) => platform.name).join(', '))
    .argument('<event>', 'event type, as the platform names it')
    .option('--form <form>', "a variant of the sender's, such as get or xml: see the platform's README")
    .option('--connection <name>', 'default: the first connection of that platform')
    .option('--url <url>', 'base URL of the service; default: PUBLIC_URL, else DATA_DIR/address')
    .option('--token', "log in at the service's own token endpoint first, as the first client of webhook.auth")
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  orderdock send tradecloud OrderIssuedByBuyer',
        '  orderdock send tradecloud OrderLinesAcceptedBySupplier --form get',
        '  orderdock send ordermentum order_created --connection fresh-ordermentum --url https://orderdock.example.com',
        '',
        'In the sandbox the event happens at the simulated platform, whose API then reports it too. With a connections file the sample is',
        "invented: an event that only names a resource is accepted, but the platform's own API will not know that resource.",
      ].join('\n'),
    )
    .action((platform: string, event: string, options: Options) => send(runtime, platform, event, options));
}

async function send(runtime: CliRuntime, platformName: string, eventType: string, options: Options): Promise<void> {
  const settings = settingsOf(runtime);
  const platform = PLATFORMS.find((one) => one.name === platformName);
  if (!platform)
    throw new CommandFailed(`Unknown platform ${platformName}. Known platforms: ${PLATFORMS.map((one) => one.name).join(', ')}.`);
  const connection = chooseConnection(await connectionsOf(settings, runtime), platform, options.connection, settings);
  const base = await serviceUrl(settings, options.url);
  const post = createPost(settings.tls === null ? null : await readFile(settings.tls.certFile));
  const composed = await compose(settings, connection, eventType, options.form);
  const webhooks = options.token || needsToken(connection) ? withToken(composed, await logIn(post, base, connection)) : composed;
  const sent = [];
  for (const webhook of webhooks) {
    const url = `${base}/webhooks/${connection.name}${webhook.path}`;
    const { method, eventType: sentType, subject } = webhook;
    sent.push({
      method,
      url,
      eventType: sentType,
      subject,
      shownAt: subject === null ? null : shownAt(base, connection.name, subject),
      ...(await post(url, webhook)),
    });
  }
  report(runtime, options, eventType, sent);
}

function chooseConnection(
  connections: readonly Connection[],
  platform: AnyPlatform,
  name: string | undefined,
  settings: Settings,
): Connection {
  const own = connections.filter((connection) => connection.platform.name === platform.name);
  if (name !== undefined) return findConnection(own, name);
  const [first] = own;
  const read = settings.connectionsFile ?? `the sandbox in DATA_DIR=${settings.dataDir}`;
  const none = settings.connectionsFile === null && connections.length === 0;
  if (!first)
    throw new CommandFailed(
      none
        ? `There is no sandbox in DATA_DIR=${settings.dataDir} and no connections file: start the service once, or run this where it runs.`
        : `There is no connection of the platform ${platform.name} in ${read}.`,
    );
  return first;
}

/** In the sandbox the running simulated platform emits the event; otherwise a temporary one does. */
async function compose(
  settings: Settings,
  connection: Connection,
  eventType: string,
  form: string | undefined,
): Promise<OutgoingWebhook[]> {
  const sandbox = settings.connectionsFile === null ? await readSandboxFile(settings.dataDir) : null;
  if (sandbox) {
    const response = await fetch(`${sandbox.simulator.url}/_sandbox/happen`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.simulator.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ connection: connection.name, eventType, form }),
    }).catch(() => {
      throw new CommandFailed('The sandbox is not running: start the service first.');
    });
    const reply: { webhooks?: OutgoingWebhook[]; detail?: string } = JSON.parse(await response.text());
    if (!response.ok) throw new CommandFailed(`The sandbox refused: ${reply.detail ?? response.status}`);
    return reply.webhooks ?? [];
  }
  const tools = {
    now: () => new Date(),
    random: () => randomBytes(4).readUInt32LE() / 2 ** 32,
    makeId: () => randomUUID(),
    baseUrl: 'http://127.0.0.1',
  };
  return connection.platform.simulate(connection.settings, tools).emit(eventType, form);
}

/** If clients of the token endpoint are the only credentials, a sample without a token would be refused. */
function needsToken({ settings }: Connection): boolean {
  const { auth = [] } = settings.webhook;
  return auth.length > 0 && auth.every((entry) => 'oauth2' in entry && 'clients' in entry.oauth2);
}

/** Gets an access token from our own token endpoint, which serves customers without an issuer. */
async function logIn(post: Post, base: string, connection: Connection): Promise<string> {
  const { auth = [] } = connection.settings.webhook;
  const [client] = auth.flatMap((entry) => ('oauth2' in entry && 'clients' in entry.oauth2 ? entry.oauth2.clients : []));
  if (!client) throw new CommandFailed(`${connection.name} has no client for the token endpoint (webhook.auth, oauth2.clients).`);
  const reply = await post(`${base}/oauth/token`, {
    method: 'POST',
    path: '',
    headers: {
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret[0] ?? '')}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
    eventType: '',
    subject: null,
  });
  const token = reply.status === 200 ? textAt(objectAt(JSON.parse(reply.body)).access_token) : null;
  if (token === null) throw new CommandFailed(`The token endpoint answered ${reply.status}: ${reply.body}`);
  return token;
}

const withToken = (webhooks: readonly OutgoingWebhook[], token: string): OutgoingWebhook[] =>
  webhooks.map((webhook) => {
    const others = Object.entries(webhook.headers).filter(([name]) => name.toLowerCase() !== 'authorization');
    return { ...webhook, headers: { ...Object.fromEntries(others), authorization: `Bearer ${token}` } };
  });

/** Where the console shows what an event is about. */
const shownAt = (base: string, connection: string, { kind, externalId }: Subject): string =>
  `${base}/console/find?${new URLSearchParams({ connection, kind, externalId })}`;

type Sent = PostAnswer & { method: string; url: string; eventType: string; subject: Subject | null; shownAt: string | null };

/** `OrderIssuedByBuyer: accepted (202), order …-PO26004`, with a link to the console. */
function sentence({ eventType, method, url, status, body, subject, shownAt: address }: Sent): string {
  const about = subject === null ? '' : `, ${subject.kind} ${subject.externalId}`;
  const isTaken = status >= 200 && status < 300;
  const state = isTaken ? stateOf(body) : `refused, ${body}`;
  return `${eventType}${about}: ${state} (${status})\n  ${method} ${url}\n${isTaken && address !== null ? `  ${address}\n` : ''}`;
}

/** The status in the response to an accepted webhook: `accepted`, or `duplicate` for a known event. */
function stateOf(body: string): string {
  try {
    const { status } = objectAt(JSON.parse(body));
    return typeof status === 'string' ? status : 'accepted';
  } catch {
    return 'accepted';
  }
}

function report(runtime: CliRuntime, options: Options, eventType: string, sent: readonly Sent[]): void {
  const nothing = `${eventType} has happened, and the platform sends no webhook for it.`;
  answer(
    runtime,
    options.json,
    sent.map(({ retryAfterMs: _retryAfterMs, ...one }) => one),
    () => (sent.length === 0 ? `${nothing}\n` : sent.map(sentence).join('\n')),
  );
  if (sent.some(({ status }) => status < 200 || status > 299)) throw new CommandFailed('The service did not accept it.');
}
