import { InvalidBody } from '../../../domain/errors.ts';
import { isObject, type JsonObject, textAt } from '../../../domain/values/json.ts';
import { kindOfEvent, type OrdermentumKind } from '../events.ts';
import { firstText } from './members.ts';
import { parseDocument } from './resource.ts';

/** A webhook's body in either of its forms. */
export type Webhook =
  | { known: false; eventType: string; path: string; document: JsonObject; externalId: string | null; updatedAt: string | null }
  | {
      known: true;
      eventType: string;
      document: JsonObject;
      kind: OrdermentumKind;
      externalId: string;
      /** As written by the sender: part of the dedupe key. */
      updatedAt: string | null;
      resource: JsonObject;
      /** Pointer to the resource in the body: `/data`, or empty for a flat body. */
      at: string;
    };

// The documented name, then those that receivers of other bodies expect. `type` comes last, since an order has a member of that name.
const TYPE_MEMBERS = ['event', 'eventType', 'type'];
// Members of a flat body that belong to the webhook, not to the resource.
const WRAPPING = new Set(['event', 'eventType', 'entityId', 'entityType', 'timestamp']);

/** Only the type and the id are needed. Throws `InvalidBody` without them; an unknown type needs no id. */
export function readWebhook(text: string): Webhook {
  const document = parseDocument(text);
  const typeMember = TYPE_MEMBERS.find((member) => typeof document[member] === 'string' && document[member] !== '');
  const eventType = typeMember === undefined ? null : textAt(document[typeMember]);
  if (typeMember === undefined || eventType === null) throw new InvalidBody('The body names no event');
  const enveloped = isObject(document.data);
  const entity = isObject(document.data) ? document.data : document;
  const externalId = firstText(entity, 'id') ?? firstText(document, 'entityId');
  const updatedAt = firstText(entity, 'updatedAt');
  const kind = kindOfEvent(eventType);
  if (kind === null) return { known: false, eventType, path: `/${typeMember}`, document, externalId, updatedAt };
  if (externalId === null) throw new InvalidBody(`The ${eventType} names no id`);
  const resource = enveloped ? entity : unwrapFlat(document, typeMember);
  return { known: true, eventType, document, kind, externalId, updatedAt, resource, at: enveloped ? '/data' : '' };
}

const unwrapFlat = (document: JsonObject, typeMember: string): JsonObject =>
  Object.fromEntries(Object.entries(document).filter(([name]) => name !== typeMember && !WRAPPING.has(name)));
