import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

/**
 * Makes `openapi/client.ts`, a typed client without dependencies, from `openapi/api.yaml`:
 * `node openapi/generate-client.ts`. A test fails when the file is not what this makes of the description.
 */
interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  description?: string;
}
interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  description?: string;
  schema: Schema;
}
interface Operation {
  operationId: string;
  summary: string;
  parameters?: { $ref: string }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: Schema }> }>;
}
interface Spec {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; parameters: Record<string, Parameter> };
}

const file = (name: string) => new URL(name, import.meta.url);

/** The text of the client. */
function renderClient(spec: Spec): string {
  const schemas = Object.entries(spec.components.schemas).map(([name, schema]) => renderSchema(name, schema));
  const operations = Object.entries(spec.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => renderOperation(spec, path, method, operation)),
  );
  return [
    '// Made by openapi/generate-client.ts from openapi/api.yaml: not to be edited.\n// biome-ignore-all format: it stands as it was made',
    ...schemas,
    RUNTIME.trim(),
    `/** Every operation of the API; \`baseUrl\` is without \`/api/v1\`. */\nexport function createClient({ baseUrl, key, fetch = globalThis.fetch }: ClientOptions) {
  const request = caller(baseUrl, key, fetch);
  return {\n${operations.join('\n')}\n  };\n}`,
    'export type Client = ReturnType<typeof createClient>;\n',
  ].join('\n\n');
}

const comment = (text: string | undefined, indent = ''): string => (text ? `${indent}/** ${text.replaceAll('*/', '* /')} */\n` : '');

function renderSchema(name: string, schema: Schema): string {
  if (schema.properties) return `${comment(schema.description)}export interface ${name} ${renderMembers(schema)}`;
  return `${comment(schema.description)}export type ${name} = ${typeText(schema)};`;
}

function renderMembers({ properties = {}, required = [], additionalProperties }: Schema, indent = ''): string {
  const members = Object.entries(properties).map(
    ([name, schema]) =>
      `${comment(schema.description, `${indent}  `)}${indent}  ${name}${required.includes(name) ? '' : '?'}: ${typeText(schema, `${indent}  `)};\n`,
  );
  const more = additionalProperties === undefined || additionalProperties === true ? `${indent}  [further: string]: unknown;\n` : '';
  return `{\n${members.join('')}${more}${indent}}`;
}

function typeText(schema: Schema, indent = ''): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? 'unknown';
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.map((one) => typeText(one, indent)).join(' | ');
  if (schema.enum) return schema.enum.map((value) => (value === null ? 'null' : `'${value}'`)).join(' | ');
  if (schema.type === undefined) return 'unknown';
  return [schema.type]
    .flat()
    .map((type) => plainType(type, schema, indent))
    .join(' | ');
}

function plainType(type: string, schema: Schema, indent: string): string {
  if (type === 'integer') return 'number';
  if (type === 'array') {
    const items = typeText(schema.items ?? {}, indent);
    return /[ |]/.test(items) ? `(${items})[]` : `${items}[]`;
  }
  if (type !== 'object') return type;
  if (schema.properties) return renderMembers(schema, indent);
  return `Record<string, ${typeof schema.additionalProperties === 'object' ? typeText(schema.additionalProperties) : 'unknown'}>`;
}

function renderOperation(spec: Spec, path: string, method: string, operation: Operation): string {
  const parameters = (operation.parameters ?? [])
    .map(({ $ref }) => spec.components.parameters[$ref.split('/').at(-1) ?? ''])
    .filter((one) => one !== undefined);
  const named = (place: Parameter['in']) => parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
  const body = operation.requestBody;
  const bodySchema = body?.content['application/json']?.schema;
  const members = parameters.map((one) => `${quoted(one.name)}${one.required ? '' : '?'}: ${typeText(one.schema)}`);
  if (bodySchema) members.push(`body${body?.required ? '' : '?'}: ${typeText(bodySchema)}`);
  const optional = members.every((member) => member.includes('?:'));
  const argument = members.length === 0 ? '' : `asked: { ${members.join('; ')} }${optional ? ' = {}' : ''}`;
  const address = path.replace(/\{(\w+)\}/g, (_all, name) => `\${encodeURIComponent(asked.${name})}`);
  const pick = (place: Parameter['in']) =>
    named(place)
      .map((name) => `${quoted(name)}: asked${/^\w+$/.test(name) ? `.${name}` : `['${name}']`}`)
      .join(', ');
  const parts = [`query: { ${pick('query')} }`, `headers: { ${pick('header')} }`, bodySchema ? 'body: asked.body' : ''].filter(
    (part) => part && !part.includes('{  }'),
  );
  const { type, how } = resultOf(operation);
  return `    /** ${operation.summary}. */
    ${operation.operationId}: (${argument}): Promise<${type}> => request.${how}('${method.toUpperCase()}', \`${address}\`, {${parts.length > 0 ? ` ${parts.join(', ')} ` : ''}}),`;
}

const quoted = (name: string): string => (/^\w+$/.test(name) ? name : `'${name}'`);

/** JSON is read; anything else is handed over as the response itself. */
function resultOf(operation: Operation): { type: string; how: 'json' | 'nothing' | 'raw' } {
  const good = Object.entries(operation.responses).filter(([status]) => /^2/.test(status));
  const types = new Set(
    good.flatMap(([, { content }]) => (content?.['application/json'] ? [typeText(content['application/json'].schema)] : [])),
  );
  if (types.size > 0) return { type: [...types].join(' | '), how: 'json' };
  return good.some(([, { content, $ref }]) => content || $ref) ? { type: 'Response', how: 'raw' } : { type: 'void', how: 'nothing' };
}

const RUNTIME = `
export interface ClientOptions {
  baseUrl: string;
  /** An API key. */
  key: string;
  fetch?: typeof globalThis.fetch;
}

/** An answer that is no success; \`problem\` is what the service says of it. */
export class ApiError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(\`\${problem.status} \${problem.code}: \${problem.detail}\`);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

interface Asked {
  query?: Record<string, string | number | boolean | string[] | undefined>;
  headers?: Record<string, string | undefined>;
  body?: unknown;
}

function caller(baseUrl: string, key: string, fetch: typeof globalThis.fetch) {
  const raw = async (method: string, path: string, { query = {}, headers = {}, body }: Asked): Promise<Response> => {
    const url = new URL(\`\${baseUrl}/api/v1\${path}\`);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    const sent = new Headers({ Authorization: \`Bearer \${key}\` });
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) sent.set(name, value);
    if (body !== undefined) sent.set('Content-Type', 'application/json');
    const response = await fetch(url, { method, headers: sent, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw new ApiError((await response.json()) as Problem);
    return response;
  };
  return {
    raw,
    json: async <T>(method: string, path: string, asked: Asked): Promise<T> => (await raw(method, path, asked)).json() as Promise<T>,
    nothing: async (method: string, path: string, asked: Asked): Promise<void> => void (await raw(method, path, asked)),
  };
}
`;

/** The client as it should stand in `openapi/client.ts`. */
export const currentClient = (): string => renderClient(parse(readFileSync(file('api.yaml'), 'utf8')) as Spec);

if (import.meta.main) writeFileSync(file('client.ts'), currentClient());
