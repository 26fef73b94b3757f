import { isObject, isRawNumber, type Json, parseJson } from '../../../domain/values/json.ts';
import { pathSegment } from '../../../domain/values/outgoing-path.ts';

/** The values of `{name}` in the paths and bodies of the management endpoint. */
export type Values = {
  url: string;
  events: readonly string[];
  administration: string;
  id: string;
};

const PLACEHOLDER = /\{(url|events|administration|id)\}/gi;

const textOf = (values: Values, name: string): string => {
  const value = new Map(Object.entries(values)).get(name.toLowerCase()) ?? '';
  return typeof value === 'string' ? value : value.join(',');
};

export const fillPath = (template: string, values: Values): string =>
  template.replace(PLACEHOLDER, (_all, name: string, at: number) =>
    template.slice(0, at).includes('?') ? encodeURIComponent(textOf(values, name)) : pathSegment(textOf(values, name)),
  );

/** Fills the strings of a JSON template, or fills a text template and then parses it as JSON. */
export function fillBody(template: unknown, values: Values): Json | string {
  return typeof template === 'string' ? fillText(template, values) : fillJson(template, values);
}

const isEvents = (template: unknown): boolean => typeof template === 'string' && /^\{events\}$/i.test(template);

function fillJson(template: unknown, values: Values): Json {
  if (isEvents(template)) return [...values.events];
  if (typeof template === 'string') return template.replace(PLACEHOLDER, (_all, name: string) => textOf(values, name));
  if (Array.isArray(template)) return template.flatMap((entry) => (isEvents(entry) ? [...values.events] : [fillJson(entry, values)]));
  if (isRawNumber(template) || typeof template === 'number' || typeof template === 'boolean') return template;
  if (!isObject(template)) return null;
  return Object.fromEntries(Object.entries(template).map(([name, member]) => [name, fillJson(member, values)]));
}

function fillText(template: string, values: Values): Json | string {
  const events = JSON.stringify(values.events);
  const text = template
    .replace(/"\{events\}"|\{events\}/gi, () => events)
    .replace(PLACEHOLDER, (_all, name: string) => JSON.stringify(textOf(values, name)).slice(1, -1));
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
