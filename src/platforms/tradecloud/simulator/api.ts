import { isObject, type JsonObject, objectAt, parseJson, textAt } from '../../../domain/values/json.ts';
import { readTime } from '../../../domain/values/time.ts';
import { createCallLimit } from '../../contract/call-limit.ts';
import type { SimulatedRequest, SimulatedResponse } from '../../contract/simulation.ts';
import { equalSecret, matchSecret } from '../../signature.ts';
import type { TradecloudSettings } from '../settings.ts';
import type { SimulatedIssuer } from './issuer.ts';
import { orderJson, shipmentJson } from './json.ts';
import { BUYER, type World } from './world.ts';

const ACCESS_LIFE_MS = 3_600_000;
const REFRESH_LIFE_MS = 24 * 3_600_000;
const DOWNLOAD_LIFE_MS = 60_000;
// docs.tradecloud1.com, API rules (2026-07-14).
const CALLS_PER_SECOND = 10;

interface Api {
  world: World;
  settings: TradecloudSettings;
  issuer: SimulatedIssuer;
  /** Token → expiry in milliseconds since 1970. */
  access: Map<string, number>;
  refresh: Map<string, number>;
  downloads: Map<string, { objectId: string; endsMs: number }>;
  admits: (nowMs: number) => boolean;
}

type Handler = (api: Api, request: SimulatedRequest, id: string) => SimulatedResponse;
/** `open`: no token; `basic`: a token or the user's credentials; `token`: only a token; `elsewhere`: on another host, without a limit. */
type Access = 'open' | 'basic' | 'token' | 'elsewhere';

const ROUTES: readonly (readonly [method: string, path: RegExp, access: Access, handler: Handler])[] = [
  ['GET', /^\/authentication\/login$/, 'open', logIn],
  ['GET', /^\/authentication\/refresh$/, 'open', refresh],
  ['POST', /^\/authentication\/logout$/, 'open', logOut],
  ['GET', /^\/order\/([^/]+)$/, 'token', getOrder],
  ['GET', /^\/shipment\/([^/]+)$/, 'token', getShipment],
  ['POST', /^\/order-search\/poll$/, 'basic', (api, request) => pollOrders(api, request, false)],
  ['POST', /^\/order-search\/poll\/single-delivery$/, 'basic', (api, request) => pollOrders(api, request, true)],
  ['POST', /^\/shipment\/poll$/, 'basic', pollShipments],
  ['GET', /^\/object-storage\/document\/([^/]+)\/metadata$/, 'basic', getMetadata],
  ['GET', /^\/object-storage\/document\/([^/]+)$/, 'basic', getDocument],
  ['GET', /^\/presigned\/([^/]+)$/, 'elsewhere', download],
  ['GET', /^\/entra\/\.well-known\/openid-configuration$/, 'elsewhere', ({ issuer }) => issuer.discovery()],
  ['GET', /^\/entra\/keys$/, 'elsewhere', ({ issuer }) => issuer.keys()],
];

/** The simulated API v2: login with rotating refresh tokens, orders, shipments, polls and documents, plus the token issuer. */
export function createApi(
  world: World,
  settings: TradecloudSettings,
  issuer: SimulatedIssuer,
): (request: SimulatedRequest) => SimulatedResponse {
  const admits = createCallLimit(CALLS_PER_SECOND, 1000);
  const api: Api = { world, settings, issuer, access: new Map(), refresh: new Map(), downloads: new Map(), admits };
  return (request) => {
    for (const [method, path, access, handler] of ROUTES) {
      const match = method === request.method ? path.exec(request.path) : null;
      if (!match) continue;
      if (access !== 'elsewhere' && !admits(nowMs(api))) return text(429, 'Too Many Requests');
      if (!mayCall(api, request, access)) return text(401, 'These credentials are not valid');
      return handler(api, request, decodeURIComponent(match[1] ?? ''));
    }
    return text(404, 'Nothing here');
  };
}

const json = (body: JsonObject, headers: Record<string, string> = {}): SimulatedResponse => ({
  status: 200,
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const text = (status: number, body: string): SimulatedResponse => ({ status, headers: { 'Content-Type': 'text/plain' }, body });

const header = (request: SimulatedRequest, name: string): string =>
  Object.entries(request.headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? '';

const nowMs = ({ world }: Api): number => world.tools.now().getTime();

function mayCall(api: Api, request: SimulatedRequest, access: Access): boolean {
  if (access === 'open' || access === 'elsewhere') return true;
  const authorization = header(request, 'authorization');
  const ends = api.access.get(authorization.replace(/^Bearer /, ''));
  if (ends !== undefined) return ends > nowMs(api);
  // The token endpoint checks client credentials and is not simulated: any token is accepted here.
  if (api.settings.api?.oauth2) return authorization.startsWith('Bearer ');
  return access === 'basic' && isUser(api, authorization);
}

function isUser({ settings }: Api, authorization: string): boolean {
  const { username, password } = settings.api ?? {};
  const [given = '', ...rest] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
    .toString('utf8')
    .split(':');
  return username !== undefined && password !== undefined && equalSecret(given, username) && matchSecret(rest.join(':'), password) >= 0;
}

function logIn(api: Api, request: SimulatedRequest): SimulatedResponse {
  if (!isUser(api, header(request, 'authorization'))) return text(401, 'These credentials are not valid');
  // A new login invalidates the tokens of an older one (a comment in the vendor's own sample, 2026-05).
  api.access.clear();
  api.refresh.clear();
  return tokenPair(api);
}

function refresh(api: Api, request: SimulatedRequest): SimulatedResponse {
  const given = header(request, 'refresh-token');
  const ends = api.refresh.get(given) ?? 0;
  api.refresh.delete(given);
  return ends > nowMs(api) ? tokenPair(api) : text(401, 'This refresh token is not valid');
}

function logOut(api: Api, request: SimulatedRequest): SimulatedResponse {
  return api.refresh.delete(header(request, 'refresh-token')) ? text(200, '') : text(401, 'This refresh token is not valid');
}

function tokenPair(api: Api): SimulatedResponse {
  const now = nowMs(api);
  const [access, refreshToken] = [makeToken(api, now + ACCESS_LIFE_MS), makeToken(api, now + REFRESH_LIFE_MS)];
  for (const tokens of [api.access, api.refresh]) for (const [token, ends] of tokens) if (ends <= now) tokens.delete(token);
  api.access.set(access, now + ACCESS_LIFE_MS);
  api.refresh.set(refreshToken, now + REFRESH_LIFE_MS);
  return json(
    { username: api.settings.api?.username, status: 'authenticated' },
    { 'Set-Authorization': access, 'Set-Refresh-Token': refreshToken },
  );
}

function makeToken({ world }: Api, endsMs: number): string {
  const part = (value: JsonObject) => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
  return `${part({ alg: 'none' })}.${part({ jti: world.tools.makeId(), exp: Math.floor(endsMs / 1000) })}.simulated`;
}

function getOrder({ world }: Api, _request: SimulatedRequest, id: string): SimulatedResponse {
  const order = world.orders.get(id);
  return order ? json(orderJson(order, order.lines, 'id', false)) : text(404, 'No such order');
}

function getShipment({ world }: Api, _request: SimulatedRequest, id: string): SimulatedResponse {
  const shipment = world.shipments.get(id);
  return shipment ? json(shipmentJson(shipment)) : text(404, 'No such shipment');
}

function pollOrders({ world }: Api, request: SimulatedRequest, single: boolean): SimulatedResponse {
  const records = [...world.orders.values()].map((order) => ({
    companyId: BUYER.companyId,
    lastUpdatedAt: order.lastUpdatedAt,
    json: () => orderJson(order, order.lines, 'id', single),
  }));
  return pollAnswer(request, records, (filters) => textAt(filters.companyId));
}

function pollShipments({ world }: Api, request: SimulatedRequest): SimulatedResponse {
  const records = [...world.shipments.values()].map((shipment) => ({
    companyId: BUYER.companyId,
    lastUpdatedAt: shipment.lastUpdatedAt,
    json: () => shipmentJson(shipment),
  }));
  return pollAnswer(request, records, (filters) => textAt(objectAt(filters.buyerShipment).companyId));
}

interface Polled {
  companyId: string;
  lastUpdatedAt: string;
  json(): JsonObject;
}

function pollAnswer(
  request: SimulatedRequest,
  records: readonly Polled[],
  companyOf: (filters: JsonObject) => string | null,
): SimulatedResponse {
  const body = readBody(request.body);
  const filters = objectAt(body?.filters);
  const [limit, offset] = [Number(body?.limit ?? 10), Number(body?.offset ?? 0)];
  if (body === null || !(limit > 0 && limit <= 100) || !(offset >= 0)) return text(400, 'This request cannot be read');
  const unknown = [...unknownMembers(body, REQUEST), ...unknownMembers(filters, FILTERS)];
  if (unknown.length > 0) return text(400, `Unknown: ${unknown.join(', ')}`);
  const after = readTime(textAt(filters.lastUpdatedAfter)) ?? '';
  const company = companyOf(filters);
  const matching = records
    .filter((record) => record.lastUpdatedAt > after && (company === null || record.companyId === company))
    .sort((a, b) => (a.lastUpdatedAt < b.lastUpdatedAt ? -1 : 1));
  const latest = matching.at(-1)?.lastUpdatedAt;
  const page = matching.slice(offset, offset + limit).map((record) => record.json());
  return json({ data: page, total: matching.length, ...(latest === undefined ? {} : { lastUpdatedAt: latest }) });
}

// `lastUpdatedSince` was the filter's name until 2024-01.
const REQUEST = ['filters', 'offset', 'limit', 'sort'];
const FILTERS = ['lastUpdatedAfter', 'status', 'companyId', 'buyerShipment'];
const unknownMembers = (value: JsonObject, known: readonly string[]) => Object.keys(value).filter((name) => !known.includes(name));

function readBody(body: string): JsonObject | null {
  try {
    const value = parseJson(body);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function getMetadata(api: Api, _request: SimulatedRequest, objectId: string): SimulatedResponse {
  const document = api.world.documents.get(objectId);
  if (!document) return text(404, 'No such document');
  const ticket = api.world.tools.makeId();
  api.downloads.set(ticket, { objectId, endsMs: nowMs(api) + DOWNLOAD_LIFE_MS });
  const downloadUrl = `${api.world.tools.baseUrl}/presigned/${ticket}`;
  return json({ id: objectId, filename: document.name, contentType: 'text/plain', downloadUrl });
}

function download(api: Api, request: SimulatedRequest, ticket: string): SimulatedResponse {
  const known = api.downloads.get(ticket);
  if (!known || known.endsMs <= nowMs(api)) return text(403, 'This address has expired');
  return getDocument(api, request, known.objectId);
}

function getDocument({ world }: Api, _request: SimulatedRequest, objectId: string): SimulatedResponse {
  const document = world.documents.get(objectId);
  if (!document) return text(404, 'No such document');
  return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: Buffer.from(document.text, 'utf8') };
}
