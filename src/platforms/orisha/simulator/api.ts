import type { Json } from '../../../domain/values/json.ts';
import type { SimulatedRequest, SimulatedResponse, SimulationOptions } from '../../contract/simulation.ts';
import { equalSecret, matchSecret } from '../../signature.ts';
import { ORISHA_KINDS, type OrishaKind } from '../events.ts';
import type { Codes } from '../read/codes.ts';
import type { OrishaApiSettings, OrishaSettings } from '../settings.ts';
import { createRegistrations } from './registrations.ts';
import type { World } from './world.ts';

/** The paths of the simulated API, as in the settings of a sandbox connection; the vendor's own are unpublished. */
export const sandboxPaths = {
  item: '/items/{ItemCode}',
  customer: '/customers/{CustomerCode}',
  'price-list': '/pricelists/{PriceListCode}',
  'contact-person': '/customers/{CustomerCode}/contactpersons/{ContactPersonCode}',
  address: '/customers/{CustomerCode}/addresses/{AddressCode}',
} as const;
export const sandboxLists = {
  item: { path: '/items', items: '/items' },
  customer: { path: '/customers', items: '/items' },
  'price-list': { path: '/pricelists', items: '/items' },
  'contact-person': { path: '/contactpersons', items: '/items' },
  address: { path: '/addresses', items: '/items' },
} as const;

const TOKEN_SECONDS = 3600;

const answerJson = (status: number, body: Json): SimulatedResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const missing = () => answerJson(404, { title: 'Not Found', status: 404 });

export function createSimulatedApi(world: World, settings: OrishaSettings, tools: SimulationOptions) {
  const tokens = new Map<string, number>();
  const registrations = createRegistrations(settings, tools);
  const isAuthorized = ({ headers }: SimulatedRequest): boolean =>
    (tokens.get((headers.authorization ?? '').replace(/^Bearer /, '')) ?? 0) > tools.now().getTime();
  return (request: SimulatedRequest): SimulatedResponse => {
    if (request.path === '/oauth/token') {
      if (request.method !== 'POST' || !isClient(request, settings.api?.oauth2)) return answerJson(401, { error: 'access_denied' });
      const token = tools.makeId();
      tokens.set(token, tools.now().getTime() + TOKEN_SECONDS * 1000);
      return answerJson(200, { access_token: token, token_type: 'Bearer', expires_in: TOKEN_SECONDS });
    }
    if (!isAuthorized(request)) return answerJson(401, { title: 'Unauthorized', status: 401 });
    const managed = registrations(request);
    if (managed) return managed;
    return request.method === 'GET' ? answerResource(world, request) : missing();
  };
}

/** Accepts the client by HTTP Basic or in the form, like an OAuth server. */
function isClient({ headers, body }: SimulatedRequest, oauth2: OrishaApiSettings['oauth2'] | undefined): boolean {
  const form = new URLSearchParams(body);
  const [, basic = ''] = /^Basic (.+)$/i.exec(headers.authorization ?? '') ?? [];
  const [basicId = '', basicSecret = ''] = Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent);
  const id = form.get('client_id') ?? basicId;
  const secret = form.get('client_secret') ?? basicSecret;
  return oauth2 !== undefined && equalSecret(id, oauth2.clientId) && matchSecret(secret, oauth2.clientSecret) >= 0;
}

function answerResource(world: World, { path, query }: SimulatedRequest): SimulatedResponse {
  const listed = ORISHA_KINDS.find((kind) => sandboxLists[kind].path === path);
  if (listed) return answerList(world, listed, query);
  for (const kind of ORISHA_KINDS) {
    const codes = matchPath(sandboxPaths[kind], path);
    if (codes === null) continue;
    const record = world.find(kind, codes);
    return record ? answerJson(200, record) : missing();
  }
  return missing();
}

function answerList(world: World, kind: OrishaKind, query: Record<string, string>): SimulatedResponse {
  const unknown = Object.keys(query).find((name) => name !== 'page' && name !== 'pageSize');
  if (unknown !== undefined) return answerJson(400, { title: `Unknown parameter ${unknown}`, status: 400 });
  const size = Math.min(200, Math.max(1, Number(query.pageSize) || 50));
  const page = Math.max(1, Number(query.page) || 1);
  const records = world.list(kind).map(({ record }) => record);
  return answerJson(200, { items: records.slice((page - 1) * size, page * size), page, pageSize: size, totalCount: records.length });
}

function matchPath(template: string, path: string): Codes | null {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const codes: Record<string, string> = {};
  for (const [position, segment] of wanted.entries()) {
    const value = decodeURIComponent(given[position] ?? '');
    if (segment.startsWith('{')) codes[segment.slice(1, -1)] = value;
    else if (segment !== value) return null;
  }
  return codes;
}
