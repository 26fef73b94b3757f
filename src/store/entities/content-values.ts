import type { Header, LineContent, Party, Price, ScheduledDelivery } from '../../domain/entities/entity.ts';
import { type Json, listAt } from '../../domain/values/json.ts';
import { storedText } from '../engine/rows.ts';

// Headers and contents of lines are stored as JSON arrays of their values: names would take two thirds of the space. Values missing at the end are
// null. The views read them by the same positions (migrations/views.ts).

/** The values without trailing nulls. */
export function trimmed(values: Json[]): Json[] {
  let length = values.length;
  while (length > 0 && values[length - 1] === null) length -= 1;
  return values.slice(0, length);
}

const partyValues = (party: Party | null): Json => party && trimmed([party.id, party.name]);

/** The members of a header that have no column. */
export const headerValues = ({ currency, buyer, supplier, total, orderedAt }: Header): Json[] =>
  trimmed([currency, partyValues(buyer), partyValues(supplier), total, orderedAt]);

/** `header` is the JSON text of `headerValues`. */
export function toHeader(row: { number: string | null; status: string | null; header: string }): Header {
  const [currency, buyer, supplier, total, orderedAt] = listAt(JSON.parse(row.header));
  return {
    number: row.number,
    status: row.status,
    currency: storedText(currency),
    buyer: toParty(buyer),
    supplier: toParty(supplier),
    total: storedText(total),
    orderedAt: storedText(orderedAt),
  };
}

function toParty(stored: Json | undefined): Party | null {
  if (!Array.isArray(stored)) return null;
  const [id, name] = stored;
  return { id: storedText(id), name: storedText(name) };
}

export function contentValues({ position, item, description, quantity, unit, status, price, deliverySchedule }: LineContent): Json[] {
  const schedule = deliverySchedule.map((one) => trimmed([one.position, one.date, one.quantity, one.status]));
  return trimmed([
    position,
    item && trimmed([item.number, item.name, item.supplierNumber]),
    description,
    quantity,
    unit,
    status,
    price && trimmed([price.net, price.gross, price.currency, price.unit, price.per]),
    schedule.length === 0 ? null : schedule,
  ]);
}

export function toLineContent(stored: Json | undefined): LineContent {
  const [position, item, description, quantity, unit, status, price, deliverySchedule] = listAt(stored);
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

function toItem(stored: Json | undefined): LineContent['item'] {
  if (!Array.isArray(stored)) return null;
  const [number, name, supplierNumber] = stored;
  return { number: storedText(number), name: storedText(name), supplierNumber: storedText(supplierNumber) };
}

function toPrice(stored: Json | undefined): Price | null {
  if (!Array.isArray(stored)) return null;
  const [net, gross, currency, unit, per] = stored;
  return { net: storedText(net), gross: storedText(gross), currency: storedText(currency), unit: storedText(unit), per: storedText(per) };
}

function toScheduledDelivery(stored: Json): ScheduledDelivery {
  const [position, date, quantity, status] = listAt(stored);
  return { position: storedText(position), date: storedText(date), quantity: storedText(quantity), status: storedText(status) };
}
