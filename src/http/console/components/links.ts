/** Where the console is mounted. */
export const BASE = '/console';

type Query = Readonly<Record<string, string | number | null | undefined>>;

/** An address within the console; members that are null or empty are left out. */
export function link(path: string, query: Query = {}): string {
  const members = Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined || value === '' ? [] : [[name, String(value)] as [string, string]],
  );
  const text = new URLSearchParams(members).toString();
  return `${BASE}${path}${text === '' ? '' : `?${text}`}`;
}

const segment = encodeURIComponent;

export const connectionLink = (name: string): string => link(`/connections/${segment(name)}`);
export const deliveryLink = (id: string): string => link(`/deliveries/${segment(id)}`);
export const deliveriesLink = (query: Query): string => link('/deliveries', query);
export const runLink = (id: string): string => link(`/reconcile-runs/${segment(id)}`);
export const entityLink = (id: string): string => link(`/entities/${segment(id)}`);
export const consumerLink = (name: string): string => link(`/consumers/${segment(name)}`);

/** Leads to an entity of which only the outside name is known. */
export const findLink = (connection: string, kind: string, externalId: string): string => link('/find', { connection, kind, externalId });

/** Where something came from: a delivery (or its replay), or a reconcile run. */
export const causeLink = (cause: { type: string; id: string }): string =>
  cause.type === 'reconcile' ? runLink(cause.id) : deliveryLink(cause.id);

/** An address to come back to after signing in: within the console, or its first page. */
export const ownAddress = (text: string | null): string =>
  text !== null && /^\/console(\/[\w\-./?=&%+:]*)?$/.test(text) && !/\/\/|\.\./.test(text) ? text : link('/');
