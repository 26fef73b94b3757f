import type { RegisteredWebhook } from '../../../domain/registered-webhook.ts';
import { isObject, type Json, type JsonObject, listAt, objectAt, textAt } from '../../../domain/values/json.ts';
import { memberOf } from './codes.ts';

// The responses of the management endpoint are unpublished: these are the likely names, in any casing.
const WRAPPERS = ['data', 'webhook', 'result'];
const NAMES = {
  id: ['id', 'webhookId', 'code'],
  name: ['name', 'description'],
  url: ['url', 'callbackUrl', 'endpoint', 'endpointUrl', 'targetUrl', 'address'],
  events: ['events', 'eventTypes', 'types', 'topics'],
  administration: ['administrationCode', 'administration'],
  on: ['enabled', 'isEnabled', 'active', 'isActive'],
  off: ['disabled', 'isDisabled'],
};

/** A registered webhook, and the administration that it belongs to (`administration` if the response names none). */
export function readRegistration(answer: JsonObject, administration: string): { administration: string; webhook: RegisteredWebhook } {
  const row = unwrapped(answer);
  return {
    administration: textAt(first(row, NAMES.administration)) ?? administration,
    webhook: {
      id: textAt(first(row, NAMES.id)) ?? '',
      name: textAt(first(row, NAMES.name)),
      url: textAt(first(row, NAMES.url)),
      events: listAt(first(row, NAMES.events)).flatMap((event) => textAt(isObject(event) ? memberOf(event, 'type') : event) ?? []),
      enabled: isEnabled(row),
      statistics: null,
    },
  };
}

function isEnabled(row: JsonObject): boolean {
  const [on, off, status] = [first(row, NAMES.on), first(row, NAMES.off), textAt(memberOf(row, 'status'))];
  return on !== false && off !== true && (status === null || !/disabled|inactive|off/i.test(status));
}

/** The secret in a response, shown only once; null if it has none. */
export function readSecret(answer: Json): string | null {
  const row = unwrapped(objectAt(answer));
  return textAt(first(row, ['secret', 'webhookSecret', 'xSecret', 'newSecret'])) ?? (typeof answer === 'string' ? answer : null);
}

function unwrapped(answer: JsonObject): JsonObject {
  const inner = first(answer, WRAPPERS);
  return isObject(inner) && first(answer, ['id', 'secret']) === undefined ? inner : answer;
}

function first(row: JsonObject, names: readonly string[]): JsonObject[string] {
  for (const name of names) {
    const value = memberOf(row, name);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}
