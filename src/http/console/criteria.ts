import { RECORD_KINDS, readSubject } from '../../domain/entities/entity.ts';
import type { DeliveryCriteria } from '../../processing/replay.ts';
import type { Sql } from '../../store/engine/database.ts';
import { readNames, readNumbered } from '../../store/entities/list-names.ts';
import { localInput, utcOf } from './components/times.ts';
import { type ConsolePorts, connectionNames, type Visit } from './page.ts';

/** The query parameters that select deliveries. */
export interface SelectedDeliveries {
  /** As typed: a number, an external id, or `order:…`. */
  resource: string | null;
  criteria: DeliveryCriteria;
  /** The same as query parameters. */
  query: Record<string, string | null>;
}

/** Reads which deliveries are selected: by their ids, or by all of the given criteria. Business numbers become subjects. */
export async function readSelection(ports: Pick<ConsolePorts, 'context'>, visit: Visit): Promise<SelectedDeliveries> {
  const asked = {
    state: visit.param('state'),
    connection: visit.param('connection'),
    subject: visit.param('subject'),
    event: visit.param('event'),
    error: visit.param('error'),
  };
  const ids = visit.params('id').flatMap((text) => text.split(','));
  const [from, to] = [timeParam(visit, 'from'), timeParam(visit, 'to')];
  const subject = asked.subject === null ? null : await subjectOf(ports, asked.subject);
  return {
    resource: asked.subject,
    criteria: { ...asked, subject, from, to, ids: ids.length === 0 ? null : ids },
    query: { ...asked, from: visit.param('from'), to: visit.param('to') },
  };
}

/** ISO 8601 with its zone, or a local time as a browser's input field sends it, in the reader's zone. */
export const timeParam = (visit: Visit, name: string): string | null => {
  const text = visit.param(name);
  return text === null ? null : utcOf(text, visit.zone);
};

/** The value of a time field. */
export const timeField = (visit: Visit, name: string): string | null => {
  const iso = timeParam(visit, name);
  return iso === null ? null : localInput(iso, visit.zone);
};

const KINDS = ['order', 'shipment', ...RECORD_KINDS] as const;

/** `PO26001`, `order:PO26001` or an external id: the subject that deliveries carry. A text that matches nothing is used as typed. */
async function subjectOf(ports: Pick<ConsolePorts, 'context'>, text: string): Promise<string> {
  const sql: Sql = ports.context.db.read;
  const named = readSubject(text);
  const name = named?.externalId ?? text;
  const numbered = (await readNumbered(sql, name, 20)).find(({ kind }) => named === null || kind === named.kind);
  if (numbered) return `${numbered.kind}:${numbered.externalId}`;
  if (named !== null) return text;
  const candidates = connectionNames(ports).flatMap((connection) => KINDS.map((kind) => ({ connection, kind, externalId: name })));
  const [found] = await readNames(sql, candidates);
  return found ? `${found.kind}:${found.externalId}` : text.includes(':') ? text : `order:${text}`;
}
