import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  'x-role'?: string;
  parameters?: (Parameter | Reference)[];
  requestBody?: { content: Record<string, { schema: Schema; example?: unknown }> };
  responses: Record<string, ResponseObject | Reference>;
}
export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}
export interface ResponseObject {
  description?: string;
  content?: Record<string, { schema?: Schema; examples?: Record<string, Example | Reference> }>;
}
export interface Example {
  value?: unknown;
}
export interface Reference {
  $ref: string;
}
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  items?: Schema;
  properties?: Record<string, Schema>;
  anyOf?: Schema[];
  oneOf?: Schema[];
  required?: string[];
  description?: string;
  pattern?: string;
  additionalProperties?: Schema | boolean;
}

/** The OpenAPI description, as far as this program reads it. */
export interface ApiSpec {
  openapi: string;
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas?: Record<string, Schema>;
    parameters?: Record<string, Parameter>;
    responses?: Record<string, ResponseObject>;
    examples?: Record<string, Example>;
  };
  tags?: { name: string; description?: string }[];
}

const SPEC_FILE = new URL('../../../openapi/api.yaml', import.meta.url);

let known: ApiSpec | undefined;

/**
 * Reads `openapi/api.yaml`, once: requests are validated against it, and it is what clients and the documentation page get. The object is
 * shared and must not be modified.
 */
export function readApiSpec(): ApiSpec {
  if (known === undefined) {
    const spec: ApiSpec = parse(readFileSync(SPEC_FILE, 'utf8'));
    known = spec;
  }
  return known;
}

/** The description for the validator: HEAD is allowed wherever GET is, which OpenAPI does not imply. */
export function withHead(spec: ApiSpec): ApiSpec {
  const copy = structuredClone(spec);
  for (const path of Object.values(copy.paths)) {
    if (path.get && !path.head) path.head = { ...structuredClone(path.get), operationId: `${path.get.operationId}Head` };
  }
  return copy;
}
