import type { Request } from 'express';
import { mayActAs, type Role } from '../../domain/role.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import type { FindKey } from '../api/auth.ts';
import type { Caller } from '../api/caller.ts';
import type { ApiPorts, SettingsKey } from '../api/ports.ts';
import { readCookie } from './access/access.ts';
import type { Content, Html } from './components/html.ts';
import { type Moment, zoneOf } from './components/times.ts';

/** The dependencies of the console: the API's reads and actions, and the lookup of keys. */
export interface ConsolePorts
  extends Pick<
    ApiPorts,
    | 'context'
    | 'signIn'
    | 'replay'
    | 'previewReplay'
    | 'retry'
    | 'dismiss'
    | 'reconcile'
    | 'health'
    | 'coverage'
    | 'rejections'
    | 'invariants'
    | 'openContent'
  > {
  findKey: FindKey;
  /** Creates the id of a replay before it starts. */
  makeId(): string;
  /** Whether a connection has an API for fetching and reconciling. */
  hasApi(connection: Connection): boolean;
  settingsKeys: readonly Pick<SettingsKey, 'name' | 'role'>[];
  /** Everything is simulated: shown at the top of every page. */
  sandbox: boolean;
}

/** One page: its title, its summary in one sentence, and the rest. */
export interface View {
  title: string;
  /** Answers: was anything lost, what happened, what should I do? */
  lead: Html;
  body: Content;
  /** The section it belongs to, if that depends on the content. */
  place?: string;
  /** Default 200. */
  status?: number;
  /** The refresh interval of the page; null: no refresh (forms, previews, secrets shown once). Default 10 s. */
  refreshSeconds?: number | null;
}

/** A request from a signed-in user. */
export interface PageRequest extends Moment {
  caller: Caller;
  /** Included in every form that changes something. */
  csrf: string;
  /** The URL of the page, for refreshing it. */
  address: string;
  may(role: Role): boolean;
  /** A member of the query or of a form; null if missing or empty. */
  param(name: string): string | null;
  /** All values of a member, as checkboxes send them. */
  params(name: string): string[];
  /** A segment of the path, decoded. */
  segment(name: string): string;
}

export type Page = (pageRequest: PageRequest) => Promise<View>;

export const ZONE_COOKIE = 'orderdock_zone';

export function pageRequestOf(request: Request, caller: Caller, csrf: string, now: Date): PageRequest {
  const members: Record<string, unknown> = { ...request.query, ...request.body };
  const named = (name: string): unknown[] => (Object.hasOwn(members, name) ? [members[name]].flat() : []);
  const params = (name: string) => named(name).flatMap((value) => (typeof value === 'string' && value.trim() !== '' ? [value.trim()] : []));
  const zone = readCookie(request.headers.cookie ?? '', ZONE_COOKIE);
  return {
    caller,
    csrf,
    now,
    zone: zoneOf(zone),
    address: request.originalUrl,
    may: (role) => mayActAs(caller.role, role),
    param: (name) => {
      const [value, ...others] = named(name);
      return others.length === 0 && typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
    },
    params,
    segment: (name) => {
      const value = request.params[name];
      return typeof value === 'string' ? value : '';
    },
  };
}

export const PAGE_ROWS = 50;

/** A feed position from the query; null when it is missing or not a number. */
export function positionParam(pageRequest: PageRequest, name = 'before'): number | null {
  const text = pageRequest.param(name);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** The first `PAGE_ROWS` of `PAGE_ROWS + 1` rows; `last` is null on the last page. */
export const cutRows = <Row>(rows: readonly Row[]): { rows: Row[]; last: Row | null } => {
  const page = rows.slice(0, PAGE_ROWS);
  return { rows: page, last: rows.length > PAGE_ROWS ? (page.at(-1) ?? null) : null };
};

export const connectionNames = (ports: Pick<ConsolePorts, 'context'>): string[] =>
  ports.context.connections
    .list()
    .map((connection: Connection) => connection.name)
    .sort();
