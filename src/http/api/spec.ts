import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

type Operation = Record<string, unknown>;

/** The description of the API, as far as this program looks into it. */
export interface ApiSpec {
  openapi: string;
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
  tags?: { name: string; description?: string }[];
}

const SPEC_FILE = new URL('../../../openapi/api.yaml', import.meta.url);

let known: ApiSpec | undefined;

/**
 * Reads `openapi/api.yaml`, once: the one description that requests are validated against, that is served and that is shown. It is
 * shared: not to be changed.
 */
export function readApiSpec(): ApiSpec {
  known ??= parse(readFileSync(SPEC_FILE, 'utf8')) as ApiSpec;
  return known;
}

/** The description as the validator needs it: HEAD is allowed wherever GET is, which OpenAPI does not imply. */
export function withHead(spec: ApiSpec): ApiSpec {
  const copy = structuredClone(spec);
  for (const path of Object.values(copy.paths)) {
    if (path.get && !path.head) path.head = { ...structuredClone(path.get), operationId: `${String(path.get.operationId)}Head` };
  }
  return copy;
}
