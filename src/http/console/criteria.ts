import { RECORD_KINDS, readSubject } from '../../domain/entities/entity.ts';
import { Refused } from '../../domain/errors.ts';
import type { DeliveryCriteria } from '../../processing/replay.ts';
import type { Sql } from '../../store/engine/database.ts';
import { readNames, readNumbered } from '../../store/entities/list-names.ts';
import { localInput, utcOf } from './components/times.ts';
import { type ConsolePorts, connectionNames, type PageRequest } from './page.ts';

/** The query parameters that select deliveries. */
export interface SelectedDeliveries {
  /** As typed: a number, an external id, or `order:…`. */
  resource: string | null;
  criteria: DeliveryCriteria;
  /** The same as query parameters. */
  query: Record<string, string | null>;
}

/** Reads which deliveries are selected: by their ids, or by all of the given criteria. Business numbers become subjects. */
export async function readSelection(ports: Pick<ConsolePorts, 'context'>, pageRequest: PageRequest): Promise<SelectedDeliveries> {
  const fields = {
    state: pageRequest.param('state'),
    connection: pageRequest.param('connection'),
    subject: pageRequest.param('subject'),
    event: pageRequest.param('event'),
    error: pageRequest.param('error'),
  };
  const ids = pageRequest.params('id').flatMap((text) => text.split(','));
  const [from, to] = [timeParam(pageRequest, 'from'), timeParam(pageRequest, 'to')];
  const subject = fields.subject === null ? null : await subjectOf(ports, fields.subject);
  return {
    resource: fields.subject,
    criteria: { ...fields, subject, from, to, ids: ids.length === 0 ? null : ids },
    query: { ...fields, from: pageRequest.param('from'), to: pageRequest.param('to') },
  };
}

/**
 * ISO 8601 with its zone, or a local time as a browser's input field sends it, in the reader's zone. Any other text is refused: without its limit
 * a replay would select more than was asked for.
 */
export const timeParam = (pageRequest: PageRequest, name: string): string | null => {
  const text = pageRequest.param(name);
  if (text === null) return null;
  const iso = utcOf(text, pageRequest.zone);
  if (iso === null) throw new Refused(400, 'invalid_time', `“${text}” is not a time. Enter it as 2026-03-01T07:00.`);
  return iso;
};

/** The value of a time field. */
export const timeField = (pageRequest: PageRequest, name: string): string | null => {
  const iso = timeParam(pageRequest, name);
  return iso === null ? null : localInput(iso, pageRequest.zone);
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
