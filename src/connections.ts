import { isScalar, parseDocument, parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { FaultySettings } from './domain/errors.ts';
import type { AnyPlatform, Connection, Connections } from './platforms/contract/platform.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Tree = string | number | boolean | null | Tree[] | { [name: string]: Tree };

const NAME = /^[a-z0-9-]{1,64}$/;
const cron = z.string().regex(/^(\S+\s+){4,5}\S+$/, 'expected a cron expression of five or six fields, or false');

/** What every connection may say of its reconciliation. Default: every five minutes. */
export const reconcileSettings = z.strictObject({
  schedule: z.union([z.literal(false), cron]).default('*/5 * * * *'),
  since: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()])
    .nullable()
    .default(null),
});

/**
 * Reads the connections file: YAML, `${NAME}` from the environment in any value. Throws `FaultySettings` with all faults at once,
 * by their place in the file; values are never repeated, they may be secret.
 */
export function readConnections(text: string, env: Env, platforms: readonly AnyPlatform[]): Connection[] {
  const faults: string[] = [];
  const tree = fillIn(readTree(text, faults), '', env, faults);
  const entries = connectionEntries(tree, faults);
  const connections = Object.entries(entries).flatMap(([name, entry]) => readConnection(name, entry, platforms, faults) ?? []);
  if (faults.length > 0) throw new FaultySettings(faults);
  return connections;
}

function readTree(text: string, faults: string[]): Tree {
  try {
    // Times stay texts: `since: 2026-01-01T00:00:00Z` is read by its schema.
    return (parseYaml(text, { schema: 'core' }) ?? {}) as Tree;
  } catch (error) {
    faults.push(`connections file: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'not YAML'}`);
    return {};
  }
}

function connectionEntries(tree: Tree, faults: string[]): { [name: string]: Tree } {
  const entries = isTree(tree) ? tree.connections : null;
  for (const name of isTree(tree) ? Object.keys(tree) : [])
    if (name !== 'connections') faults.push(`${name}: unknown, expected only "connections"`);
  if (isTree(entries) && Object.keys(entries).length > 0) return entries;
  if (faults.length === 0) faults.push('connections: expected at least one connection, by name');
  return {};
}

function readConnection(name: string, entry: Tree, platforms: readonly AnyPlatform[], faults: string[]): Connection | null {
  const place = `connections.${name}`;
  if (!NAME.test(name)) faults.push(`${place}: expected a name of a-z, 0-9 and "-", at most 64 characters`);
  if (!isTree(entry)) {
    faults.push(`${place}: expected platform, webhook, …`);
    return null;
  }
  const { platform: platformName, reconcile, ...own } = entry;
  const platform = platforms.find((one) => one.name === platformName);
  if (!platform) {
    faults.push(`${place}.platform: expected one of ${platforms.map((one) => one.name).join(', ')}`);
    return null;
  }
  const settings = platform.settings.safeParse(own);
  const timing = reconcileSettings.safeParse(reconcile ?? {});
  if (!settings.success) faults.push(...faultsOf(settings.error.issues, place));
  if (!timing.success) faults.push(...faultsOf(timing.error.issues, `${place}.reconcile`));
  return settings.success && timing.success ? { name, platform, settings: settings.data, reconcile: timing.data } : null;
}

const isTree = (value: Tree | undefined): value is { [name: string]: Tree } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fillIn(value: Tree, place: string, env: Env, faults: string[]): Tree {
  if (typeof value === 'string') return fillInText(value, place, env, faults);
  if (Array.isArray(value)) return value.map((entry, position) => fillIn(entry, `${place}[${position}]`, env, faults));
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, fillIn(entry, place ? `${place}.${name}` : name, env, faults)]),
  );
}

const fillInText = (text: string, place: string, env: Env, faults: string[]): string =>
  text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_match, name: string) => {
    const value = env[name];
    if (value === undefined || value === '') faults.push(`${place}: \${${name}} is not set in the environment`);
    return value ?? '';
  });

type Issue = z.core.$ZodIssue;

/** One line for each fault, with its place; of a union, the branch that came closest. */
function faultsOf(issues: readonly Issue[], place: string): string[] {
  return issues.flatMap((issue) => {
    const at = place + issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const closest = [...issue.errors].sort((a, b) => closeness(b) - closeness(a))[0] ?? [];
      return faultsOf(closest as Issue[], at);
    }
    if (issue.code === 'unrecognized_keys') return [`${at}: unknown ${issue.keys.map((key) => `"${key}"`).join(', ')}`];
    return [`${at}: ${issue.message.replace(/^Invalid input: /, '')}`];
  });
}

/** A branch whose faults lie deep was nearly right; one that did not know the members was not meant. */
const closeness = (issues: readonly Issue[]): number =>
  Math.min(...issues.map((issue) => issue.path.length)) * 10 -
  issues.filter((issue) => issue.code === 'unrecognized_keys').length * 5 -
  issues.length;

export interface LiveConnections extends Connections {
  /** Puts other connections in force. */
  replace(connections: readonly Connection[]): void;
}

export function createConnections(first: readonly Connection[]): LiveConnections {
  let byName = new Map(first.map((connection) => [connection.name, connection]));
  return {
    get: (name) => byName.get(name),
    list: () => [...byName.values()],
    replace(connections) {
      byName = new Map(connections.map((connection) => [connection.name, connection]));
    },
  };
}

/** The JSON Schema of the connections file, for editors. */
export function connectionsSchema(platforms: readonly AnyPlatform[]): object {
  const json = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
  const reconcile = json(reconcileSettings);
  const connection = platforms.map((platform) => {
    const own = json(platform.settings) as { properties?: Record<string, unknown>; required?: string[]; $schema?: string };
    const { $schema: _schema, ...rest } = own;
    return {
      ...rest,
      title: platform.title,
      properties: { platform: { const: platform.name }, ...own.properties, reconcile },
      required: ['platform', ...(own.required ?? [])],
    };
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Orderdock connections',
    type: 'object',
    required: ['connections'],
    additionalProperties: false,
    properties: {
      connections: {
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: NAME.source },
        additionalProperties: { oneOf: connection },
      },
    },
  };
}

/**
 * The connections file's text with `values` at `path`, the newest first; comments and all else stay. A `${NAME}` that stands for one of
 * the values stays too: its secret is not written out.
 */
export function withSecrets(text: string, path: readonly string[], values: readonly string[], env: Env): string {
  const document = parseDocument(text, { schema: 'core' });
  const before = document.getIn(path, true) as { toJSON?: () => unknown } | undefined;
  const entries = isScalar(before) ? [before.value] : (before?.toJSON?.() ?? []);
  const spelled = new Map((Array.isArray(entries) ? entries : []).map((entry) => [fillInText(String(entry), '', env, []), String(entry)]));
  document.setIn(path, document.createNode(values.map((value) => spelled.get(value) ?? value)));
  return document.toString();
}
