import type { EntityKind, Header, LineContent, Party, Price, ScheduledDelivery } from '../../domain/entities/entity.ts';
import type { SourceForm } from '../../domain/entities/entity-state.ts';
import { isObject, type Json, listAt, objectAt } from '../../domain/values/json.ts';
import { storedText } from '../engine/rows.ts';

/** A row of `entities` as the engines return it. */
export interface EntityColumns {
  seq: number | string;
  id: string;
  connection: string;
  platform: string;
  kind: EntityKind;
  external_id: string;
  header: string;
  source: string | null;
  source_form: SourceForm;
  source_lines: string | null;
  last_updated_at: string | null;
  compared_at: string | null;
  version: number;
  deleted_at: string | null;
  created_at: string;
  updated_at: string;
  revision: number;
}

/** A row of `lines` as the engines return it. */
export interface LineColumns {
  entity_id: string;
  external_id: string;
  rank: number;
  content: string;
  source: string;
  source_form: SourceForm;
  last_updated_at: string | null;
  compared_at: string | null;
  version: number;
  removed_at: string | null;
}

/** The JSON text of `entities.header`. */
export function toHeader(text: string): Header {
  const { number, status, currency, buyer, supplier, total, orderedAt } = objectAt(JSON.parse(text));
  return {
    number: storedText(number),
    status: storedText(status),
    currency: storedText(currency),
    buyer: toParty(buyer),
    supplier: toParty(supplier),
    total: storedText(total),
    orderedAt: storedText(orderedAt),
  };
}

const toParty = (stored: Json | undefined): Party | null =>
  isObject(stored) ? { id: storedText(stored.id), name: storedText(stored.name) } : null;

/** The JSON text of `lines.content`. */
export function toLineContent(text: string): LineContent {
  const { position, item, description, quantity, unit, status, price, deliverySchedule } = objectAt(JSON.parse(text));
  return {
    position: storedText(position),
    item: toItem(item),
    description: storedText(description),
    quantity: storedText(quantity),
    unit: storedText(unit),
    status: storedText(status),
    price: toPrice(price),
    deliverySchedule: listAt(deliverySchedule).map(toScheduledDelivery),
  };
}

const toItem = (stored: Json | undefined): LineContent['item'] =>
  isObject(stored)
    ? { number: storedText(stored.number), name: storedText(stored.name), supplierNumber: storedText(stored.supplierNumber) }
    : null;

function toPrice(stored: Json | undefined): Price | null {
  if (!isObject(stored)) return null;
  const { net, gross, currency, unit, per } = stored;
  return {
    net: storedText(net),
    gross: storedText(gross),
    currency: storedText(currency),
    unit: storedText(unit),
    per: storedText(per),
  };
}

function toScheduledDelivery(stored: Json): ScheduledDelivery {
  const { position, date, quantity, status } = objectAt(stored);
  return { position: storedText(position), date: storedText(date), quantity: storedText(quantity), status: storedText(status) };
}
