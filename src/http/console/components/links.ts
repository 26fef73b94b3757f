/** Where the console is mounted. */
export const BASE = '/console';

type Query = Readonly<Record<string, string | number | null | undefined>>;

/** A URL within the console; members that are null or empty are omitted. */
export function link(path: string, query: Query = {}): string {
  const members = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== '') members.append(name, String(value));
  const text = members.toString();
  return `${BASE}${path}${text === '' ? '' : `?${text}`}`;
}

const segment = encodeURIComponent;

export const connectionLink = (name: string): string => link(`/connections/${segment(name)}`);
export const deliveryLink = (id: string): string => link(`/deliveries/${segment(id)}`);
export const deliveriesLink = (query: Query): string => link('/deliveries', query);
export const runLink = (id: string): string => link(`/reconcile-runs/${segment(id)}`);
export const entityLink = (id: string): string => link(`/entities/${segment(id)}`);
export const consumerLink = (name: string): string => link(`/consumers/${segment(name)}`);

/** Link to an entity of which only the external id is known. */
export const findLink = (connection: string, kind: string, externalId: string): string => link('/find', { connection, kind, externalId });

/** Link to the cause of a change: a delivery (or its replay), or a reconcile run. */
export const causeLink = (cause: { type: string; id: string }): string =>
  cause.type === 'reconcile' ? runLink(cause.id) : deliveryLink(cause.id);

/** The URL to return to after signing in: within the console, else its first page. */
export const ownAddress = (text: string | null): string =>
  text !== null && /^\/console(\/[\w\-./?=&%+:]*)?$/.test(text) && !/\/\/|\.\./.test(text) ? text : link('/');
