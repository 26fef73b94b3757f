import type { Subject } from '../../../domain/entities/entity.ts';
import { InvalidBody } from '../../../domain/errors.ts';
import { bodyText } from '../../../domain/values/body-text.ts';
import { isObject, type Json, parseJson } from '../../../domain/values/json.ts';
import type { EntityRule, StandardSettings } from '../settings.ts';
import { type Sources, textOf } from './expression.ts';

/** A parsed request: its headers and its JSON. Throws `InvalidBody` for anything but an object or a list. */
export const openRequest = ({ headers, body }: { headers: Readonly<Record<string, string>>; body: Buffer }): Sources =>
  openText(headers, bodyText(body, headers['content-type']));

export function openText(headers: Readonly<Record<string, string>>, text: string): Sources {
  let body: Json;
  try {
    body = parseJson(text);
  } catch (error) {
    throw new InvalidBody('the body is not readable as JSON', { cause: error });
  }
  if (!isObject(body) && !Array.isArray(body)) throw new InvalidBody('the body is neither an object nor a list');
  return { headers, body };
}

/** True when events of this type are about the connection's entity; a request without a type counts. */
export const concerns = (entity: EntityRule, type: string | null): boolean =>
  entity.types === undefined || type === null || matches(entity.types, type) || matches(entity.deletedTypes, type);

/** Matches exactly, or by the prefix before a final `*`. */
export const matches = (patterns: readonly string[], type: string): boolean =>
  patterns.some((pattern) => (pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern));

/** The subject of a request; null if the connection configures no entity, the type is about something else, or the id is missing. */
export function subjectOf({ entity, type: typeExpression }: StandardSettings, sources: Sources): Subject | null {
  if (!entity || !concerns(entity, textOf(typeExpression, sources))) return null;
  const externalId = textOf(entity.id, sources);
  return externalId === null ? null : { kind: entity.kind, externalId };
}
