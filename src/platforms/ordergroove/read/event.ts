import type { Subject } from '../../../domain/entities/entity.ts';
import { InvalidBody } from '../../../domain/errors.ts';
import { isObject, type Json, type JsonObject, listAt, objectAt, parseJson, textAt, withoutMember } from '../../../domain/values/json.ts';
import { type Family, familyOf } from '../events.ts';

/** A parsed webhook body: whatever else the merchant has removed or added, it has `type` and the object's id. */
export interface OrdergrooveEvent {
  id: string | null;
  type: string;
  /** Null for an unknown type. */
  family: Family | null;
  /** When the event was raised, as written by the platform. */
  createdAt: Json | undefined;
  /** `data.object` without members that are not its own. */
  object: JsonObject;
  /** Opt-in extra content with the shapes of the REST API; empty if there is none. */
  snapshot: JsonObject;
  body: JsonObject;
}

/** Throws `InvalidBody` for anything that is not an event of the platform. */
export function readEvent(text: string): OrdergrooveEvent {
  const body = readBody(text);
  const type = textAt(body.type);
  if (type === null) throw new InvalidBody('the body names no event type');
  const inner = objectAt(body.data);
  // The documentation shows context and snapshot next to `data`, inside `data` and inside `data.object` (read 2026-07): all three occur.
  const innermost = objectAt(inner.object).snapshot;
  const object = withoutMember(withoutMember(objectAt(inner.object), 'context'), 'snapshot');
  const snapshot = [body.snapshot, inner.snapshot, innermost].find((found) => isObject(found) && Object.keys(found).length > 0);
  return {
    id: textAt(body.id),
    type,
    family: familyOf(type),
    createdAt: body.created,
    object,
    snapshot: objectAt(snapshot),
    body,
  };
}

function readBody(text: string): JsonObject {
  let body: Json;
  try {
    body = parseJson(text);
  } catch (error) {
    throw new InvalidBody('the body is not readable as JSON', { cause: error });
  }
  if (!isObject(body)) throw new InvalidBody('the body is not a JSON object');
  return body;
}

/** The subject of an event of a known family; null if it has no entity. Throws `InvalidBody` if the object's id is missing. */
export function subjectOf({ family, object, type }: OrdergrooveEvent): Subject | null {
  if (family === null || family === 'workflow') return null;
  const subject = SUBJECTS[family](object);
  if (subject === undefined) throw new InvalidBody(`${type} does not name its ${family}`);
  return subject;
}

const SUBJECTS: Readonly<Record<Exclude<Family, 'workflow'>, (object: JsonObject) => Subject | null | undefined>> = {
  subscriber: (object) => named('subscriber', object.merchant_user_id),
  subscription: (object) => named('subscription', object.public_id),
  order: (object) => named('order', object.public_id),
  // An item is a line of its order. If a merchant has removed `order`, the item itself leads to it.
  item: (object) => (textAt(object.public_id) === null ? undefined : (named('order', object.order) ?? named('item', object.public_id))),
  // One event may contain many entitlements: the first represents them, and each is compared by its own time.
  entitlement: (object) =>
    object.entitlements === undefined ? undefined : (entitlementIds(object).map((id) => named('entitlement', id))[0] ?? null),
};

const entitlementIds = (object: JsonObject): string[] =>
  listAt(object.entitlements).flatMap((entry) => textAt(objectAt(entry).public_id) ?? []);

function named(kind: Subject['kind'], id: Json | undefined): Subject | undefined {
  const externalId = textAt(id);
  return externalId === null ? undefined : { kind, externalId };
}
