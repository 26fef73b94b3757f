import { Refused } from '../../domain/errors.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import type { Route } from '../../platforms/contract/webhook.ts';
import { RefusedWith } from '../problem.ts';

/** A parsed webhook address, without `/webhooks/{connection}`; nothing is decoded. */
export interface Target {
  connection: string;
  /** Below the connection: `''`, `/orders`, `/orders/abc-PO1`; without a trailing slash. */
  path: string;
  query: string;
}

/** Parses a target below `/webhooks`, such as `/acme/orders?orderId=1`. */
export function readTarget(url: string): Target {
  const mark = url.indexOf('?');
  const whole = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? '' : url.slice(mark + 1);
  const slash = whole.indexOf('/', 1);
  if (slash < 0) return { connection: whole.slice(1), path: '', query };
  const path = whole.slice(slash);
  return { connection: whole.slice(1, slash), path: path.endsWith('/') ? path.slice(0, -1) : path, query };
}

export interface MatchedRoute {
  route: Route;
  params: Record<string, string>;
}

const NO_PARAMS: Record<string, string> = Object.freeze({});

/** The platform's route for this request. Throws `Refused` 404 for an unknown path, 405 with `Allow` for a known one. */
export function matchRoute(connection: Connection, method: string | undefined, path: string): MatchedRoute {
  const there: MatchedRoute[] = [];
  for (const route of connection.platform.routes) {
    const params = matchPath(route.path, path);
    if (params === null) continue;
    if (route.method === method) return { route, params };
    there.push({ route, params });
  }
  if (there.length === 0) throw new Refused(404, 'not_found', 'This connection has no webhook at this path.');
  const allow = [...new Set(there.map(({ route }) => route.method))].join(', ');
  throw new RefusedWith(405, 'method_not_allowed', `Only ${allow} is allowed here.`, { Allow: allow });
}

/** What the pattern's `:names` match, decoded; null: another path. */
function matchPath(pattern: string, path: string): Record<string, string> | null {
  if (pattern === path) return NO_PARAMS;
  if (!pattern.includes(':')) return null;
  const names = pattern.split('/');
  const segments = path.split('/');
  if (names.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [position, name] of names.entries()) {
    const segment = segments[position] ?? '';
    if (!name.startsWith(':')) {
      if (name !== segment) return null;
      continue;
    }
    const value = decode(segment);
    if (value === null || value === '') return null;
    params[name.slice(1)] = value;
  }
  return params;
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
