import { createHash } from 'node:crypto';
import type { Context } from '../context.ts';
import { deadDeliveriesAlert } from '../domain/alert.ts';
import { ANSWER_WITHIN_MS, withTimeout } from '../domain/deadlines.ts';
import type { Arrival, InsertResult } from '../domain/entities/delivery.ts';
import { subjectText } from '../domain/entities/entity.ts';
import { InvalidBody, Refused, Unauthenticated, Unavailable } from '../domain/errors.ts';
import { checkDocumentSize } from '../domain/values/document-size.ts';
import { isTooLong, LONGEST_ID } from '../domain/values/id-length.ts';
import type { JsonObject } from '../domain/values/json.ts';
import { isAddressable } from '../domain/values/outgoing-path.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type {
  ArrivedBody,
  BodyVerdict,
  CredentialChecker,
  Identity,
  IncomingWebhook,
  WebhookRequest,
} from '../platforms/contract/webhook.ts';
import { insertDeliveries } from '../store/deliveries/insert.ts';
import { describeCredential } from './describe-credential.ts';

export type ReceiveResult = InsertResult | { status: 'greeting' };

/** Accepts webhook requests: a request is acknowledged only once it is stored and synced. */
export interface Receiver {
  /**
   * Throws `Refused` (401, 403) with nothing stored, `InvalidBody` with the bytes stored as a dead delivery, `Unavailable` if anything on our side
   * prevents storing.
   */
  receive(connection: Connection, incoming: IncomingWebhook, checker: CredentialChecker): Promise<ReceiveResult>;
  /** Waits until everything accepted so far is stored; later requests are rejected. */
  stop(): Promise<void>;
}

export interface ReceiveLimits {
  /** Number of pending deliveries above which new ones are rejected with 503. */
  maxBacklog: number;
  /** The number currently counted against `maxBacklog`. */
  backlog(): number;
}

const ALWAYS_SECRET = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'x-secret', 'x-connector-token'];

export function createReceiver(context: Context, limits: ReceiveLimits): Receiver {
  const commits = createGroupCommit(context);
  return {
    stop: commits.stop,
    async receive(connection, incoming, checker) {
      const startedMs = context.clock.now().getTime();
      const early = await connection.platform.authenticate(incoming, connection.settings, checker);
      if (early.accepted === false) throw rejected(connection, incoming, early);
      if (early.accepted) accept(incoming, limits);
      const checkedMs = context.clock.now().getTime() - startedMs;
      const body = await incoming.readBody(early.accepted ? null : early);
      const verdict = early.accepted ? early : body.verdict;
      const work = storeArrival(context, commits, { connection, incoming, limits }, body, verdict).finally(body.release);
      const answerMs = (connection.platform.retryPolicy.answerWithinMs ?? ANSWER_WITHIN_MS) - checkedMs;
      return withTimeout(work, answerMs, () => new Unavailable('too_slow', 'The request could not be stored in time.'));
    },
  };
}

const rejected = (connection: Connection, { headers }: IncomingWebhook, { reason }: { reason: string }): Unauthenticated =>
  new Unauthenticated(reason, describeCredential(connection, headers));

/** Its credentials have been accepted. Throws `Unavailable` while the backlog is full: before the body is read, where headers are enough. */
function accept(incoming: IncomingWebhook, { backlog, maxBacklog }: ReceiveLimits): void {
  incoming.authenticated = true;
  if (backlog() >= maxBacklog) throw new Unavailable('backlog_full', 'The backlog is full. Retry later.', 30_000);
}

interface Reception {
  connection: Connection;
  incoming: IncomingWebhook;
  limits: ReceiveLimits;
}

/** Checks that need the body: the verdict of the proof, then the format; then stores the delivery. */
async function storeArrival(
  context: Context,
  commits: GroupCommit,
  { connection, incoming, limits }: Reception,
  body: ArrivedBody,
  verdict: BodyVerdict | null,
): Promise<ReceiveResult> {
  if (verdict === null) throw new Unauthenticated('the body does not match its signature', null);
  if ('greeting' in verdict) return { status: 'greeting' };
  if (!verdict.accepted) throw rejected(connection, incoming, verdict);
  if (!incoming.authenticated) accept(incoming, limits);
  const { route } = incoming;
  if (route.method === 'POST' && !route.formats.includes(body.format)) {
    throw new Refused(415, 'unsupported_media_type', 'This platform does not send bodies of this type.');
  }
  // Not a copy: its address is only built when it is needed.
  const request: WebhookRequest = Object.assign(incoming, { body: body.bytes, format: body.format });
  const { arrival, document, kept } = await context.withLargeBodyLock(body.bytes.length, async () => {
    const described = describeArrival(connection, request, verdict.credential);
    return { ...described, kept: await commits.keep({ ...described.arrival, id: context.makeId() }) };
  });
  if (arrival.state === 'dead' && kept.status === 'accepted')
    context.alerts.open(deadDeliveriesAlert({ connection: connection.name, count: 1, newest: { ...arrival, id: kept.deliveryId } }));
  if (arrival.state === 'dead') throw new InvalidBody(arrival.error?.replace(/^invalid_body: /, '') ?? 'The body cannot be read.');
  if (kept.status === 'accepted' && !arrival.notification)
    context.recentContents.keep(kept.deliveryId, { headers: arrival.headers, body: arrival.body, document });
  context.deliveryArrived.notify();
  return kept;
}

interface Described {
  arrival: Arrival;
  /** The body as stored, parsed; undefined: it has to be parsed again. */
  document: JsonObject | undefined;
}

/** What is stored of a request: identified, credentials redacted. An unreadable body is stored too, as dead. */
function describeArrival(connection: Connection, request: WebhookRequest, credential: string): Described {
  const { platform, settings } = connection;
  const body = platform.redactBody?.(request.body, request.headers['content-type'] ?? null) ?? request.body;
  const identity = identify(connection, request);
  const { document, ...identified } =
    identity instanceof InvalidBody
      ? { ...NO_IDENTITY, dedupeKey: bodyKey(request), state: 'dead' as const, error: `${identity.code}: ${identity.message}` }
      : identity;
  const arrival: Arrival = {
    connection: connection.name,
    platform: platform.name,
    method: request.method,
    path: withQuery(request),
    headers: redactHeaders(request.headers, platform.secretHeaders(settings)),
    body,
    contentType: request.headers['content-type'] ?? null,
    receivedAt: request.receivedAt.toISOString(),
    credential,
    ...identified,
  };
  return { arrival, document: body === request.body ? document : undefined };
}

const NO_IDENTITY = { mergeable: false, eventId: null, eventType: null, subject: null, notification: false, document: undefined } as const;

type Identified = Pick<Arrival, 'dedupeKey' | 'mergeable' | 'eventId' | 'eventType' | 'subject' | 'notification' | 'state' | 'error'> &
  Pick<Identity, 'document'>;

function identify({ platform, settings }: Connection, request: WebhookRequest): Identified | InvalidBody {
  try {
    checkDocumentSize(request.body);
    const identity = platform.identify(request, settings);
    checkIds(request, identity);
    const subject = identity.subject === null ? null : subjectText(identity.subject);
    return {
      dedupeKey: dedupeKeyOf(identity, subject, request),
      mergeable: identity.mergeable && identity.dedupeKey === null,
      eventId: identity.eventId,
      eventType: identity.eventType,
      subject,
      notification: identity.notification,
      state: 'pending',
      error: null,
      document: identity.document,
    };
  } catch (error) {
    // An unknown charset, or an id that cannot be part of a URL: the whole request is rejected.
    if (error instanceof Refused) throw error;
    // A bug in our parsing must not lose the bytes either: the delivery is stored as dead and thus visible.
    return error instanceof InvalidBody ? error : new InvalidBody('The body could not be read.', { cause: error });
  }
}

/** Throws `Refused` (400) for a notification whose id cannot be part of a URL, `InvalidBody` for an id that is too long for the index. */
function checkIds({ method }: WebhookRequest, { subject, eventId }: Identity): void {
  if (method === 'GET' && subject !== null && !isAddressable(subject.externalId)) {
    throw new Refused(400, 'invalid_id', 'The id cannot be part of an address.');
  }
  for (const id of [subject?.externalId, eventId]) {
    if (id != null && isTooLong(id)) throw new InvalidBody(`An id is longer than ${LONGEST_ID} characters.`);
  }
}

function dedupeKeyOf(identity: Identity, subject: string | null, request: WebhookRequest): string {
  if (identity.dedupeKey !== null) return `id:${shortened(identity.dedupeKey)}`;
  if (identity.mergeable) return `notification:${subject}`;
  return bodyKey(request);
}

const LONGEST_KEY = 500;

// An index entry has room for about two thousand bytes, so a key longer than any id is replaced by its hash.
const shortened = (key: string): string => (key.length <= LONGEST_KEY ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`);

// The path is included: the same empty body on two paths is two events.
const bodyKey = (request: WebhookRequest): string =>
  `sha256:${createHash('sha256').update(request.body).digest('hex')}${request.method === 'GET' || request.path !== '' ? `:${request.method} ${withQuery(request)}` : ''}`;

function withQuery(request: WebhookRequest): string {
  if (Object.keys(request.query).length === 0) return request.path;
  const query = new URLSearchParams(request.query).toString();
  return query === '' ? request.path : `${request.path}?${query}`;
}

function redactHeaders(headers: Record<string, string>, secret: readonly string[]): Record<string, string> {
  const redacted = { ...headers };
  for (const name of ALWAYS_SECRET) if (name in redacted) redacted[name] = REDACTED;
  for (const name of secret) if (name.toLowerCase() in redacted) redacted[name.toLowerCase()] = REDACTED;
  return redacted;
}

const REDACTED = '[redacted]';

interface Waiting {
  arrival: Arrival & { id: string };
  settle: (kept: InsertResult) => void;
  fail: (error: unknown) => void;
}

interface GroupCommit {
  keep(arrival: Arrival & { id: string }): Promise<InsertResult>;
  stop(): Promise<void>;
}

const MOST_PER_COMMIT = 500;
const MOST_BYTES_PER_COMMIT = 4_000_000;

/**
 * All requests that are waiting at the same time share one synced transaction: while one is being written, the next group collects. (One insert per
 * request reached 0.15 to 0.3 of the throughput of a handler that stores nothing; see docs/benchmarks.md.)
 */
function createGroupCommit(context: Context): GroupCommit {
  let waiting: Waiting[] = [];
  let running: Promise<void> | null = null;
  let stopped = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      // Requests that have already been parsed join this group instead of the next.
      await new Promise(setImmediate);
      await commitGroup(context, takeGroup());
    }
    running = null;
  }
  function takeGroup(): Waiting[] {
    let bytes = waiting[0]?.arrival.body.length ?? 0;
    let count = 1;
    // A large delivery gets its own transaction.
    for (; count < waiting.length && count < MOST_PER_COMMIT; count++) {
      bytes += waiting[count]?.arrival.body.length ?? 0;
      if (bytes > MOST_BYTES_PER_COMMIT) break;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return group;
  }
  return {
    async keep(arrival) {
      if (stopped) throw new Unavailable('stopping', 'The service is stopping.');
      const kept = new Promise<InsertResult>((settle, fail) => waiting.push({ arrival, settle, fail }));
      running ??= run();
      return kept;
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}

async function commitGroup(context: Context, group: readonly Waiting[]): Promise<void> {
  try {
    const arrivals = group.map((one) => one.arrival);
    const kept = await insertDeliveries(context.db, arrivals);
    for (const [position, one] of group.entries()) {
      const result = kept[position];
      if (!result) throw new Error('The store returned fewer results than deliveries.');
      one.settle(result);
    }
  } catch (error) {
    if (error instanceof Unavailable || group.length === 1) {
      for (const one of group) one.fail(error instanceof Unavailable ? error : notStored(error));
      return;
    }
    // One request that the database rejects (or a deadlock between two groups) must not fail the others.
    for (const one of group) await commitGroup(context, [one]);
  }
}

const notStored = (cause: unknown): Unavailable => new Unavailable('not_stored', 'The delivery could not be stored.', 5000, { cause });
