import { validate as isCron } from 'node-cron';
import { isCollection, isScalar, parseDocument, parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { FaultySettings } from './domain/errors.ts';
import { distance } from './domain/values/edit-distance.ts';
import type { AnyPlatform, Connection, Connections } from './platforms/contract/platform.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Tree = string | number | boolean | null | Tree[] | { [name: string]: Tree };

const NAME = /^[a-z0-9-]{1,64}$/;
const NAME_LIKE = /^[\w.-]{1,64}$/;
// Validated by the scheduler's own library, which rejects an expression that is never due, such as `0 25 * * *` or `0 0 31 2 *`.
const cron = z.string().refine(isCron, 'expected a cron expression of five or six fields that can become due, or false');

/** The reconciliation settings of a connection. Default: every five minutes. */
export const reconcileSettings = z.strictObject({
  schedule: z.union([z.literal(false), cron]).default('*/5 * * * *'),
  since: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()])
    .nullable()
    .default(null),
});

/**
 * Reads the connections file: YAML, `${NAME}` from the environment in any value. Throws `FaultySettings` with all faults at once, by their
 * place in the file; values are never repeated, since they may be secret.
 */
export function readConnections(text: string, env: Env, platforms: readonly AnyPlatform[]): Connection[] {
  const faults: string[] = [];
  const { tree, missing } = fillIn(readTree(text, faults), env);
  const entries = connectionEntries(tree, faults);
  const found: string[] = [];
  const connections = Object.entries(entries).flatMap(([name, entry]) => readConnection(name, entry, platforms, found) ?? []);
  // The value left empty by a missing variable is not reported as a second fault.
  const places = [...missing.values()].flat();
  faults.push(...found.filter((fault) => !places.some((place) => fault.startsWith(`${place}:`) || fault.startsWith(`${place}.`))));
  for (const [name, where] of missing) faults.push(`${where.join(', ')}: \${${name}} is not set in the environment`);
  if (faults.length > 0) throw new FaultySettings(faults);
  return connections;
}

/** The places of secrets with surrounding whitespace, which is removed: usually a line break left by a file or a shell. */
export const untrimmedSecrets = (text: string, env: Env): string[] => fillIn(readTree(text, []), env).untrimmed;

function readTree(text: string, faults: string[]): Tree {
  try {
    // Times stay text: `since: 2026-01-01T00:00:00Z` is parsed by its schema.
    const tree: Tree = parseYaml(text, { schema: 'core' }) ?? {};
    return tree;
  } catch (error) {
    // The parser's own message may contain parts of the file.
    const [at] = error instanceof YAMLParseError ? (error.linePos ?? []) : [];
    faults.push(
      `connections file: not YAML${error instanceof YAMLParseError && at ? ` (${error.code} in line ${at.line}, column ${at.col})` : ''}`,
    );
    return {};
  }
}

function connectionEntries(tree: Tree, faults: string[]): { [name: string]: Tree } {
  const entries = isTree(tree) ? tree.connections : null;
  for (const name of isTree(tree) ? Object.keys(tree) : [])
    if (name !== 'connections') faults.push(`${shownName(name, ['connections'])}: unknown, expected only "connections"`);
  // Empty is allowed: the first connection can be added later and loaded with SIGHUP.
  if (isTree(entries)) return entries;
  if (faults.length === 0) faults.push('connections: expected connections by name, or {}');
  return {};
}

function readConnection(name: string, entry: Tree, platforms: readonly AnyPlatform[], faults: string[]): Connection | null {
  const place = `connections.${NAME_LIKE.test(name) ? name : HIDDEN_NAME}`;
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
  const known = () => namesIn(connectionsSchema([platform]));
  if (!settings.success) faults.push(...faultsOf(settings.error.issues, place, known));
  if (!timing.success) faults.push(...faultsOf(timing.error.issues, `${place}.reconcile`, known));
  return settings.success && timing.success ? { name, platform, settings: settings.data, reconcile: timing.data } : null;
}

const isTree = (value: Tree | undefined): value is { [name: string]: Tree } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Members whose values are secrets: surrounding whitespace is never intended. */
const SECRETS = /^(password|secret|token|value|apiKey|clientSecret|verificationKey|key)$/;

interface Filled {
  tree: Tree;
  /** Variables that are not set, with the places that refer to them. */
  missing: Map<string, string[]>;
  untrimmed: string[];
}

/** Replaces `${NAME}` with values from the environment. */
function fillIn(value: Tree, env: Env): Filled {
  const missing = new Map<string, string[]>();
  const untrimmed: string[] = [];
  const fillText = (text: string, place: string, secret: boolean): string => {
    const filled = fillInText(text, env, (name) => missing.set(name, [...(missing.get(name) ?? []), place]));
    if (!secret || filled === filled.trim()) return filled;
    untrimmed.push(place);
    return filled.trim();
  };
  const fill = (node: Tree, place: string, secret: boolean): Tree => {
    if (typeof node === 'string') return fillText(node, place, secret);
    if (Array.isArray(node)) return node.map((entry, position) => fill(entry, `${place}[${position}]`, secret));
    if (!isTree(node)) return node;
    return Object.fromEntries(
      Object.entries(node).map(([name, entry]) => [name, fill(entry, place ? `${place}.${name}` : name, SECRETS.test(name))]),
    );
  };
  return { tree: fill(value, '', false), missing, untrimmed };
}

const fillInText = (text: string, env: Env, onMissing: (name: string) => void): string =>
  text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_match, name: string) => {
    const value = env[name];
    if (value === undefined || value === '') onMissing(name);
    return value ?? '';
  });

type Issue = z.core.$ZodIssue;

/**
 * One line per fault, with its place; for a union, the branch that came closest. A name that is neither known nor close to a known one is
 * not repeated, since it may be a secret in the wrong place.
 */
function faultsOf(issues: readonly Issue[], place: string, known: () => readonly string[]): string[] {
  return issues.flatMap((issue) => {
    const part = (name: PropertyKey) => (typeof name === 'number' ? `[${name}]` : `.${shownName(String(name), known())}`);
    const at = place + issue.path.map(part).join('');
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const closest = [...issue.errors].sort((a, b) => closeness(b) - closeness(a))[0] ?? [];
      return faultsOf(closest, at, known);
    }
    if (issue.code === 'unrecognized_keys') return [`${at}: unknown ${issue.keys.map((key) => shownName(key, known())).join(', ')}`];
    return [`${at}: ${issue.message.replace(/^Invalid input: /, '')}`];
  });
}

const HIDDEN_NAME = '(a name that is not shown)';
const MAX_TYPOS = 2;

const shownName = (name: string, known: readonly string[]): string =>
  known.some((one) => one === name || (name.length < 40 && distance(name, one) <= Math.min(MAX_TYPOS, one.length - 2)))
    ? name
    : HIDDEN_NAME;

/** The names of all members that a JSON Schema describes. */
function namesIn(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(namesIn);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, value]) => [...(name === 'properties' ? Object.keys(value ?? {}) : []), ...namesIn(value)]);
}

/** A branch whose faults are deep was nearly right; one that did not know the members was not intended. */
const closeness = (issues: readonly Issue[]): number =>
  Math.min(...issues.map((issue) => issue.path.length)) * 10 -
  issues.filter((issue) => issue.code === 'unrecognized_keys').length * 5 -
  issues.length;

export interface LiveConnections extends Connections {
  /** Replaces the configured connections. */
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
  const json = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const reconcile = json(reconcileSettings);
  const connection = platforms.map((platform) => {
    const own = json(platform.settings);
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
        propertyNames: { pattern: NAME.source },
        additionalProperties: { oneOf: connection },
      },
    },
  };
}

/**
 * The text of the connections file with `values` at `path`, newest first; comments and everything else stay. A `${NAME}` that resolves to
 * one of the values stays too, so that its secret is not written out.
 */
export function withSecrets(text: string, path: readonly string[], values: readonly string[], env: Env): string {
  const document = parseDocument(text, { schema: 'core' });
  const before = document.getIn(path, true);
  const entries: unknown = isScalar(before) ? [before.value] : isCollection(before) ? before.toJSON() : [];
  const spelled = new Map(
    (Array.isArray(entries) ? entries : []).map((entry) => [fillInText(String(entry), env, () => {}), String(entry)]),
  );
  document.setIn(path, document.createNode(values.map((value) => spelled.get(value) ?? value)));
  return document.toString();
}
