/**
 * Changes in a newer description of the API that would break a client of the older one: something removed or renamed, a response that lost a member
 * or gained a type, a request that requires more than before. New paths, optional parameters and further members break no client.
 */
export function findBreaks(older: Spec, newer: Spec): string[] {
  const breaks: string[] = [];
  for (const [path, methods] of Object.entries(older.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const now = newer.paths[path]?.[method];
      const at = `${method.toUpperCase()} ${path}`;
      // CSV has moved to a path of its own; `Accept` is honoured as before.
      const csv = newer.paths[`${path}.csv`]?.[method];
      if (now) breaks.push(...operationBreaks(at, [older, operation], [newer, now]).filter((text) => !csv || !text.endsWith('text/csv')));
      else breaks.push(`${at} is gone`);
    }
  }
  return breaks;
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
}
interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  schema: Schema;
}
interface Content {
  content?: Record<string, { schema?: Schema }>;
}
interface Operation {
  operationId?: string;
  parameters?: Parameter[];
  requestBody?: Content & { required?: boolean };
  responses: Record<string, Content & { $ref?: string }>;
}
export interface Spec {
  paths: Record<string, Record<string, Operation>>;
}
type Place<T> = readonly [spec: Spec, what: T];

function resolved<T extends object>([spec, what]: Place<T>): T {
  const reference = (what as { $ref?: string }).$ref;
  if (!reference) return what;
  let found: unknown = spec;
  for (const name of reference.split('/').slice(1)) found = (found as Record<string, unknown>)[name];
  return found as T;
}

function operationBreaks(at: string, older: Place<Operation>, newer: Place<Operation>): string[] {
  const breaks = parameterBreaks(at, older, newer);
  if (older[1].operationId !== newer[1].operationId) breaks.push(`${at} has another operationId`);
  breaks.push(...bodyBreaks(at, older, newer));
  for (const [status, answer] of Object.entries(older[1].responses)) {
    const now = newer[1].responses[status];
    if (!now) breaks.push(`${at} no longer answers ${status}`);
    else breaks.push(...contentBreaks(`${at} ${status}`, [older[0], resolved([older[0], answer])], [newer[0], resolved([newer[0], now])]));
  }
  return breaks;
}

function parameterBreaks(at: string, older: Place<Operation>, newer: Place<Operation>): string[] {
  const listed = ([spec, operation]: Place<Operation>) => (operation.parameters ?? []).map((parameter) => resolved([spec, parameter]));
  const [before, now] = [listed(older), listed(newer)];
  const same = (a: Parameter) => (b: Parameter) => a.name === b.name && a.in === b.in;
  const breaks: string[] = [];
  for (const parameter of before) {
    const kept = now.find(same(parameter));
    if (!kept) breaks.push(`${at} no longer takes ${parameter.name}`);
    else breaks.push(...requestBreaks(`${at} ${parameter.name}`, [older[0], parameter.schema], [newer[0], kept.schema]));
  }
  for (const parameter of now) {
    const known = before.find(same(parameter));
    if (parameter.required && !known?.required) breaks.push(`${at} needs ${parameter.name} now`);
  }
  return breaks;
}

function bodyBreaks(at: string, older: Place<Operation>, newer: Place<Operation>): string[] {
  const [before, now] = [older[1].requestBody, newer[1].requestBody];
  const breaks: string[] = [];
  if (now?.required && !before?.required) breaks.push(`${at} needs a body now`);
  for (const [type, { schema }] of Object.entries(before?.content ?? {})) {
    const kept = now?.content?.[type];
    if (!kept) breaks.push(`${at} no longer takes ${type}`);
    else if (schema && kept.schema) breaks.push(...requestBreaks(`${at} body`, [older[0], schema], [newer[0], kept.schema]));
  }
  return breaks;
}

function contentBreaks(at: string, older: Place<Content>, newer: Place<Content>): string[] {
  return Object.entries(older[1].content ?? {}).flatMap(([type, { schema }]) => {
    const kept = newer[1].content?.[type];
    if (!kept) return [`${at} is no longer given as ${type}`];
    return schema && kept.schema ? answerBreaks(at, [older[0], schema], [newer[0], kept.schema]) : [];
  });
}

const typesOf = (schema: Schema): string[] => [schema.type ?? []].flat();

/** An answer may gain members, never lose one, nor give a type or value that was not announced. */
function answerBreaks(at: string, olderPlace: Place<Schema>, newerPlace: Place<Schema>): string[] {
  const [older, newer] = [resolved(olderPlace), resolved(newerPlace)];
  const breaks = typesOf(newer)
    .filter((type) => typesOf(older).length > 0 && !typesOf(older).includes(type))
    .map((type) => `${at} may be ${type} now`);
  for (const value of newer.enum ?? []) if (older.enum && !older.enum.includes(value)) breaks.push(`${at} may be "${value}" now`);
  for (const [name, schema] of Object.entries(older.properties ?? {})) {
    const kept = newer.properties?.[name];
    if (!kept) breaks.push(`${at}/${name} is gone`);
    else breaks.push(...answerBreaks(`${at}/${name}`, [olderPlace[0], schema], [newerPlace[0], kept]));
    if (kept && older.required?.includes(name) && !newer.required?.includes(name)) breaks.push(`${at}/${name} may be missing now`);
  }
  return [...breaks, ...withinBreaks(answerBreaks, at, [olderPlace[0], older], [newerPlace[0], newer])];
}

/** A request may leave out more than before and hold more values, never need more or hold fewer. */
function requestBreaks(at: string, olderPlace: Place<Schema>, newerPlace: Place<Schema>): string[] {
  const [older, newer] = [resolved(olderPlace), resolved(newerPlace)];
  const breaks = typesOf(older)
    .filter((type) => typesOf(newer).length > 0 && !typesOf(newer).includes(type))
    .map((type) => `${at} may not be ${type} any more`);
  for (const value of older.enum ?? []) if (newer.enum && !newer.enum.includes(value)) breaks.push(`${at} may not be "${value}" any more`);
  for (const name of newer.required ?? []) if (!older.required?.includes(name)) breaks.push(`${at}/${name} is needed now`);
  for (const [name, schema] of Object.entries(older.properties ?? {})) {
    const kept = newer.properties?.[name];
    if (!kept) breaks.push(`${at}/${name} is not known any more`);
    else breaks.push(...requestBreaks(`${at}/${name}`, [olderPlace[0], schema], [newerPlace[0], kept]));
  }
  return [...breaks, ...withinBreaks(requestBreaks, at, [olderPlace[0], older], [newerPlace[0], newer])];
}

function withinBreaks(
  compare: typeof answerBreaks,
  at: string,
  [olderSpec, older]: Place<Schema>,
  [newerSpec, newer]: Place<Schema>,
): string[] {
  const items = older.items && newer.items ? compare(`${at}/*`, [olderSpec, older.items], [newerSpec, newer.items]) : [];
  const [before, now] = [older.anyOf ?? older.oneOf ?? [], newer.anyOf ?? newer.oneOf ?? []];
  const either = before.flatMap((one, position) => (now[position] ? compare(at, [olderSpec, one], [newerSpec, now[position]]) : []));
  return [...items, ...either, ...(before.length === now.length ? [] : [`${at} has other alternatives`])];
}
