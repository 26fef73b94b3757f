import { OrderdockError, PermanentFailure, RemoteFailure } from '../../domain/errors.ts';
import { isObject, type JsonObject, parseJson, textAt } from '../../domain/values/json.ts';
import { outgoingPath } from '../../domain/values/outgoing-path.ts';
import type { Remote, RemoteClient, RemoteResponse, RemoteStream } from '../../remote/remote.ts';
import { readAnswerTime } from '../contract/answer-time.ts';
import type { CheckResult, ListPosition, ListStream, OpenedDocument, PlatformApi, ResourcePage } from '../contract/api.ts';
import { assertSameId } from '../contract/assert-same-id.ts';
import { secretInTurn } from '../contract/secret-in-turn.ts';
import { createSession, type Session } from './client/session.ts';
import { makePage, narrowed, type Position, pollRequest, readPosition, readRows } from './lists.ts';
import type { TradecloudApiSettings, TradecloudSettings } from './settings.ts';

// docs.tradecloud1.com, API rules (2026-07-14): at most ten requests a second, each only after the previous response; their timeout is
// 5 s. One of the ten is reserved for logins, which are not counted. The window is slightly longer than theirs, since calls are counted
// when they are sent, and their latencies differ.
const LIMITS = { timeoutMs: 5000, budgets: [{ name: 'api', calls: 9, perMs: 1100 }], sequential: true } as const;
const POLL_MAX_WAIT_MS = 60_000;
const CLOCK_TOLERANCE_MS = 60_000;

/** The id of a company and its number of the order or shipment. */
const COMPOSED_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-./i;

const STREAMS: readonly ListStream[] = [
  { name: 'orders', kinds: ['order'], incremental: true },
  { name: 'shipments', kinds: ['shipment'], incremental: true },
];

interface Authorization {
  authorize(renew: boolean): Promise<Record<string, string>>;
  session: Session | null;
}

/** The client for Tradecloud's API v2; null without credentials. */
export function connect(settings: TradecloudSettings, remote: Remote): PlatformApi | null {
  const { api } = settings;
  const authorization = api && authorizationOf(api, remote);
  if (!api || !authorization) return null;
  const client = remote.client({ baseUrl: api.baseUrl, ...LIMITS, authorize: authorization.authorize });
  return {
    async fetch({ kind, externalId }) {
      if (kind !== 'order' && kind !== 'shipment') throw new PermanentFailure('kind_not_fetchable', `Tradecloud has no ${kind} to fetch`);
      const answer = await client.call({ method: 'GET', path: outgoingPath`/${kind}/${externalId}` });
      const { id, orderId, lines } = readObject(answer, `The ${kind}`);
      // If a response about something else passed for a complete order, it would remove all lines.
      if (id === undefined && orderId === undefined && lines === undefined) throw unreadable(answer, `The ${kind}`);
      const received = textAt(id) ?? textAt(orderId);
      // A legacy order may be requested by an id of another form.
      if (received !== null && COMPOSED_ID.test(received) && COMPOSED_ID.test(externalId)) assertSameId(externalId, received);
      return { text: answer.text, partial: false };
    },
    streams: STREAMS,
    changesSince: (stream, start) =>
      readPage(stream === 'shipments' ? pollShipments(client, settings, remote.now) : pollOrders(client, settings, remote.now), start),
    openDocument: ({ objectId, url }) => openDocument(client, remote, objectId, url),
    check: () => check(api, remote, authorization),
    circuit: client.circuit,
  };
}

function authorizationOf(api: TradecloudApiSettings, remote: Remote): Authorization | null {
  if (api.oauth2) {
    return { authorize: secretInTurn({ ...api.oauth2, audience: api.oauth2.audience?.[0] }, remote), session: null };
  }
  if (api.username === undefined || api.password === undefined) return null;
  const session = createSession({ baseUrl: api.baseUrl, username: api.username, passwords: api.password }, remote);
  return { authorize: session.authorize, session };
}

/** One of the two polls. */
interface Poll {
  client: RemoteClient;
  kind: 'order' | 'shipment';
  path: string;
  filters: JsonObject;
  now(): Date;
}

function pollOrders(client: RemoteClient, { companyId, deliveryMode }: TradecloudSettings, now: () => Date): Poll {
  const path = deliveryMode === 'single' ? '/order-search/poll/single-delivery' : '/order-search/poll';
  return { client, kind: 'order', path, filters: companyId === undefined ? {} : { companyId }, now };
}

const pollShipments = (client: RemoteClient, { companyId }: TradecloudSettings, now: () => Date): Poll => ({
  ...{ client, kind: 'shipment', path: '/shipment/poll', now },
  filters: companyId === undefined ? {} : { buyerShipment: { companyId } },
});

async function readPage(poll: Poll, start: ListPosition): Promise<ResourcePage> {
  const position = readPosition(start);
  try {
    return await readAt(poll, position);
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    // Not every account has the shipment module ("under development"): there is nothing to compare then.
    if (poll.kind === 'shipment' && [403, 404].includes(error.status)) return { records: [], next: null, watermark: null, total: 0 };
    // The offset is beyond the limit of the search.
    const next = position.offset > 0 && OFFSET_REFUSED.includes(error.status) ? narrowed(position) : null;
    if (next === null) throw error;
    return readAt(poll, next);
  }
}

const OFFSET_REFUSED = [400, 413, 416, 422];

async function readAt({ client, kind, path, filters, now }: Poll, position: Position): Promise<ResourcePage> {
  const body = pollRequest(position, filters);
  const answer = await client.call({ method: 'POST', path, body, priority: 'reconcile', maxWaitMs: POLL_MAX_WAIT_MS });
  const { rows, total } = readRows(answer.text, kind);
  return makePage(position, rows, { total, ...readAnswerTime(answer.headers, now()) }, kind);
}

/**
 * Reads the metadata and then at once the presigned address in it (valid for about a minute: after a 403 it starts again with fresh metadata).
 * If that storage is unreachable, the platform streams the file itself. A partner's own `url` is read only from the public internet.
 */
async function openDocument(client: RemoteClient, remote: Remote, objectId: string | null, url: string | null): Promise<OpenedDocument> {
  if (objectId === null) {
    if (url === null) throw new PermanentFailure('document_without_content', 'The document has neither an object id nor a URL');
    return opened(await remote.openPublic(url), null, null);
  }
  const path = outgoingPath`/object-storage/document/${objectId}`;
  const metadata = readObject(await client.call({ method: 'GET', path: `${path}/metadata` }), 'The document metadata');
  const stream = await openStored(client, textAt(metadata.downloadUrl), path);
  return opened(stream, textAt(metadata.filename), textAt(metadata.contentType));
}

/** A proxy's error page or a truncated response says nothing about the resource, so it is requested again. */
function readObject(answer: RemoteResponse, what: string): JsonObject {
  try {
    const found = parseJson(answer.text);
    if (isObject(found)) return found;
  } catch {
    // Reported below.
  }
  throw unreadable(answer, what);
}

const unreadable = (answer: RemoteResponse, what: string): RemoteFailure =>
  new RemoteFailure('remote_unreadable', `${what} cannot be read`, answer.status);

async function openStored(client: RemoteClient, downloadUrl: string | null, proxyPath: string): Promise<RemoteStream> {
  try {
    if (downloadUrl !== null) return await client.open(downloadUrl);
  } catch (error) {
    if (!(error instanceof RemoteFailure) || error.status !== 0) throw error;
  }
  return client.open(proxyPath, { authorized: true });
}

function opened({ headers, content }: RemoteStream, filename: string | null, contentType: string | null): OpenedDocument {
  // The length of a compressed body is not the length of its content.
  const length = headers['content-encoding'] === undefined ? Number(headers['content-length'] ?? Number.NaN) : Number.NaN;
  return {
    filename,
    contentType: contentType ?? headers['content-type'] ?? null,
    content,
    contentLength: Number.isInteger(length) ? length : null,
  };
}

async function check(api: TradecloudApiSettings, remote: Remote, { session, authorize }: Authorization): Promise<CheckResult[]> {
  try {
    if (!session) await authorize(true);
    const answer = session
      ? await session.login()
      : await remote.plain({ baseUrl: api.baseUrl, method: 'GET', path: '/', timeoutMs: LIMITS.timeoutMs });
    return [
      { what: 'credentials', ok: true, text: `${new URL(api.baseUrl).host} accepted the credentials` },
      clockFinding(answer, remote.now()),
    ];
  } catch (error) {
    if (!(error instanceof OrderdockError)) throw error;
    return [
      {
        what: 'credentials',
        ok: false,
        text: `${error.message}. Check api.username and api.password (or api.oauth2), and that the user has the role "integration".`,
      },
    ];
  }
}

function clockFinding(answer: RemoteResponse, now: Date): CheckResult {
  const theirs = Date.parse(answer.headers.date ?? '');
  if (Number.isNaN(theirs)) return { what: 'clock', ok: true, text: 'The API sends no Date header' };
  const offMs = now.getTime() - theirs;
  const ok = Math.abs(offMs) <= CLOCK_TOLERANCE_MS;
  const text = `This machine's clock is ${Math.abs(Math.round(offMs / 1000))} s ${offMs < 0 ? 'behind' : 'ahead of'} the API's`;
  return { what: 'clock', ok, text: ok ? text : `${text}: synchronise it (NTP)` };
}
