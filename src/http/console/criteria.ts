import { RECORD_KINDS, readSubject } from '../../domain/entities/entity.ts';
import type { DeliveryCriteria } from '../../processing/replay.ts';
import type { Sql } from '../../store/engine/database.ts';
import { readNames, readNumbered } from '../../store/entities/list-names.ts';
import { localInput, utcOf } from './components/times.ts';
import { type ConsolePorts, connectionNames, type Visit } from './page.ts';

/** The members of an address that name deliveries. */
export interface AskedDeliveries {
  /** As it was typed: a number, an external id, or `order:…`. */
  resource: string | null;
  criteria: DeliveryCriteria;
  /** The same as members of an address. */
  query: Record<string, string | null>;
}

const CRITERIA = ['state', 'connection', 'subject', 'event', 'error'] as const;

/** Reads which deliveries are meant: by their ids, or by all that is asked of them. Business numbers become subjects. */
export async function readAsked(ports: Pick<ConsolePorts, 'context'>, visit: Visit): Promise<AskedDeliveries> {
  const asked = Object.fromEntries(CRITERIA.map((name) => [name, visit.asked(name)])) as Record<(typeof CRITERIA)[number], string | null>;
  const ids = visit.askedAll('id').flatMap((text) => text.split(','));
  const [from, to] = [timeAsked(visit, 'from'), timeAsked(visit, 'to')];
  const subject = asked.subject === null ? null : await subjectOf(ports, asked.subject);
  return {
    resource: asked.subject,
    criteria: { ...asked, subject, from, to, ids: ids.length === 0 ? null : ids },
    query: { ...asked, from: visit.asked('from'), to: visit.asked('to') },
  };
}

/** ISO 8601 with its zone, or a local time as a browser's field gives it, in the reader's zone. */
export const timeAsked = (visit: Visit, name: string): string | null => {
  const text = visit.asked(name);
  return text === null ? null : utcOf(text, visit.zone);
};

/** What a field for a time shows. */
export const timeField = (visit: Visit, name: string): string | null => {
  const iso = timeAsked(visit, name);
  return iso === null ? null : localInput(iso, visit.zone);
};

const KINDS = ['order', 'shipment', ...RECORD_KINDS] as const;

/** `PO26001`, `order:PO26001` or an external id: the subject that deliveries carry. What is not held stays as it was typed. */
async function subjectOf(ports: Pick<ConsolePorts, 'context'>, text: string): Promise<string> {
  const sql: Sql = ports.context.db.read;
  const named = readSubject(text);
  const name = named?.externalId ?? text;
  const numbered = (await readNumbered(sql, name, 20)).find(({ kind }) => named === null || kind === named.kind);
  if (numbered) return `${numbered.kind}:${numbered.externalId}`;
  if (named !== null) return text;
  const candidates = connectionNames(ports).flatMap((connection) => KINDS.map((kind) => ({ connection, kind, externalId: name })));
  const [held] = await readNames(sql, candidates);
  return held ? `${held.kind}:${held.externalId}` : text.includes(':') ? text : `order:${text}`;
}
