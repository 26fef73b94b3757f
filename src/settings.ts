import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { FaultySettings } from './domain/errors.ts';

/** Parts of the service that a process can run. */
export const ROLES = ['web', 'worker', 'schedule'] as const;
export type Role = (typeof ROLES)[number];
export const KEY_ROLES = ['reader', 'operator', 'admin'] as const;

const boolean = z.enum(['true', 'false', '1', '0', 'yes', 'no']).transform((text) => ['true', '1', 'yes'].includes(text));
const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const API_KEY = /^([A-Za-z0-9_.-]{1,64}):(reader|operator|admin):(\S{1,256})$/;

interface Variable {
  schema: z.ZodType;
  /** The text used in faults and in docs/configuration.md. */
  expected: string;
  default: string;
  text: string;
}

/** Every environment variable: parsing, faults and docs are all derived from this list. */
export const VARIABLES = {
  HOST: { schema: z.string().min(1), expected: 'a host name or address', default: '127.0.0.1', text: 'Address to listen on.' },
  PORT: {
    schema: count(0, 65_535),
    expected: 'a port number, 0 to 65535',
    default: '8080',
    text: 'Port to listen on; 0 picks a free one.',
  },
  DATA_DIR: {
    schema: z.string().min(1),
    expected: 'a directory',
    default: 'data',
    text: 'Database file, documents, generated secrets (files mode 0600).',
  },
  DATABASE_URL: {
    schema: z.string().regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/),
    expected: 'sqlite:PATH or postgres://…',
    default: '',
    text: 'The store. Default: `sqlite:DATA_DIR/orderdock.db`.',
  },
  DOCUMENTS_URL: {
    schema: z.string().regex(/^(file:.+|s3:\/\/.+)$/),
    expected: 'file:DIRECTORY or s3://bucket/prefix',
    default: '',
    text: 'Where documents are stored. Default: `file:DATA_DIR/documents`. S3 uses the usual AWS variables and `S3_ENDPOINT`.',
  },
  CONNECTIONS_FILE: {
    schema: z.string().min(1),
    expected: 'a path',
    default: 'connections.yaml',
    text: 'The connections file. Absent: sandbox mode; absent with `NODE_ENV=production`: no start.',
  },
  API_KEYS: {
    schema: z
      .string()
      .transform((text) =>
        text
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean),
      )
      .pipe(z.array(z.string().regex(API_KEY))),
    expected: 'name:role:key entries, comma separated; role reader, operator or admin; key of 1 to 256 characters',
    default: '',
    text: '`name:role:key`, comma separated; role `reader`, `operator` or `admin`. If absent, one admin key is generated into `DATA_DIR/api-key`.',
  },
  ROLES: {
    schema: z
      .string()
      .transform((text) => text.split(',').map((one) => one.trim()))
      .pipe(z.array(z.enum(ROLES)).min(1)),
    expected: 'a comma separated list of web, worker, schedule',
    default: 'web,worker,schedule',
    text: 'Which parts this process runs.',
  },
  PUBLIC_URL: {
    schema: z.url(),
    expected: 'a URL',
    default: '',
    text: 'The address at which platforms reach this service: used for registering webhooks and for signatures that cover the URL.',
  },
  TLS_CERT_FILE: {
    schema: z.string().min(1),
    expected: 'a path to a PEM file',
    default: '',
    text: 'Serve HTTPS with this certificate chain (TLS 1.2 and 1.3 only), reloaded when it changes.',
  },
  TLS_KEY_FILE: { schema: z.string().min(1), expected: 'a path to a PEM file', default: '', text: 'The private key of `TLS_CERT_FILE`.' },
  TRUST_PROXY: {
    schema: z.string().regex(/^(\d{1,2}|[0-9a-fA-F:.,/ ]+)$/),
    expected: 'a number of proxies or a list of CIDR ranges',
    default: '',
    text: 'Number of proxies, or a CIDR list, whose `X-Forwarded-*` headers are trusted.',
  },
  REQUIRE_HTTPS: {
    schema: boolean,
    expected: 'true or false',
    default: '',
    text: 'Refuse webhook requests over plain HTTP. Default: `true` with `NODE_ENV=production`.',
  },
  MAX_BODY_BYTES: {
    schema: count(1, 1_073_741_824),
    expected: 'a number of bytes, 1 to 1073741824',
    default: '20971520',
    text: 'A larger webhook body is answered 413.',
  },
  MAX_DOCUMENT_BYTES: {
    schema: count(1, 10_737_418_240),
    expected: 'a number of bytes, 1 to 10737418240',
    default: '536870912',
    text: 'A larger document is not stored (state `too_large`). The default is the largest size that Tradecloud accepts.',
  },
  MAX_BACKLOG: {
    schema: count(1, 1_000_000_000),
    expected: 'a number of deliveries',
    default: '500000',
    text: 'With more deliveries pending, webhooks are answered 503 until the backlog has been processed.',
  },
  LOG_LEVEL: {
    schema: z.enum(['debug', 'info', 'warn', 'error']),
    expected: 'debug, info, warn or error',
    default: 'info',
    text: 'The lowest level that is logged.',
  },
  LOG_FORMAT: {
    schema: z.enum(['json', 'pretty']),
    expected: 'json or pretty',
    default: '',
    text: 'Default: `json`, `pretty` on a terminal.',
  },
  ALERT_WEBHOOK_URL: {
    schema: z.url(),
    expected: 'a URL',
    default: '',
    text: 'Alerts are POSTed there as JSON `{level, code, text, connection, at, details}`.',
  },
  RETENTION_DAYS: {
    schema: count(1, 36_500),
    expected: 'a number of days',
    default: '90',
    text: 'How long bodies of finished deliveries and old changes are kept; dedupe keys are kept four times as long.',
  },
  S3_ENDPOINT: { schema: z.url(), expected: 'a URL', default: '', text: 'The address of an S3-compatible server other than AWS.' },
} as const satisfies Record<string, Variable>;

export interface Settings {
  host: string;
  port: number;
  dataDir: string;
  databaseUrl: string;
  documentsUrl: string;
  /** Null: sandbox mode. */
  connectionsFile: string | null;
  apiKeys: { name: string; role: (typeof KEY_ROLES)[number]; key: string }[];
  roles: readonly Role[];
  publicUrl: string | null;
  tls: { certFile: string; keyFile: string } | null;
  trustProxy: number | string[] | null;
  requireHttps: boolean;
  maxBodyBytes: number;
  maxDocumentBytes: number;
  maxBacklog: number;
  logLevel: string;
  logFormat: 'json' | 'pretty';
  alertWebhookUrl: string | null;
  retentionDays: number;
  s3Endpoint: string | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The connections file, or null if there is none. */
export function findConnectionsFile(env: Env): string | null {
  const path = resolve(env.CONNECTIONS_FILE || VARIABLES.CONNECTIONS_FILE.default);
  return existsSync(path) ? path : null;
}

/** Reads every setting; throws `FaultySettings` with all faults at once, by name, with what was expected. Values are never repeated, since they may be secret. */
export function readSettings(env: Env, runtime: { terminal: boolean }): Settings {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const text = env[name] === undefined || env[name] === '' ? variable.default : env[name];
    if (text === '') continue;
    const parsed = variable.schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else faults.push(`${name}: expected ${variable.expected}`);
  }
  const production = env.NODE_ENV === 'production';
  const connectionsFile = findConnectionsFile(env);
  if (connectionsFile === null && production)
    faults.push(`CONNECTIONS_FILE: ${String(values.CONNECTIONS_FILE)} does not exist, and there is no sandbox with NODE_ENV=production`);
  if ((values.TLS_CERT_FILE === undefined) !== (values.TLS_KEY_FILE === undefined))
    faults.push('TLS_CERT_FILE, TLS_KEY_FILE: expected both or neither');
  for (const name of ['TLS_CERT_FILE', 'TLS_KEY_FILE']) {
    if (typeof values[name] === 'string' && !existsSync(values[name])) faults.push(`${name}: the file does not exist`);
  }
  const apiKeys = readApiKeys(z.array(z.string()).parse(values.API_KEYS ?? []), faults);
  if (faults.length > 0) throw new FaultySettings([...new Set(faults)]);
  const dataDir = resolve(String(values.DATA_DIR));
  const text = (name: string): string | null => (values[name] === undefined ? null : String(values[name]));
  return {
    host: String(values.HOST),
    port: Number(values.PORT),
    dataDir,
    databaseUrl: text('DATABASE_URL') ?? `sqlite:${join(dataDir, 'orderdock.db')}`,
    documentsUrl: text('DOCUMENTS_URL') ?? `file:${join(dataDir, 'documents')}`,
    connectionsFile,
    apiKeys,
    roles: z.array(z.enum(ROLES)).parse(values.ROLES),
    publicUrl: text('PUBLIC_URL'),
    tls: values.TLS_CERT_FILE ? { certFile: String(values.TLS_CERT_FILE), keyFile: String(values.TLS_KEY_FILE) } : null,
    trustProxy: readTrustProxy(text('TRUST_PROXY')),
    requireHttps: values.REQUIRE_HTTPS === undefined ? production : values.REQUIRE_HTTPS === true,
    maxBodyBytes: Number(values.MAX_BODY_BYTES),
    maxDocumentBytes: Number(values.MAX_DOCUMENT_BYTES),
    maxBacklog: Number(values.MAX_BACKLOG),
    logLevel: String(values.LOG_LEVEL),
    logFormat: VARIABLES.LOG_FORMAT.schema.optional().parse(values.LOG_FORMAT) ?? (runtime.terminal ? 'pretty' : 'json'),
    alertWebhookUrl: text('ALERT_WEBHOOK_URL'),
    retentionDays: Number(values.RETENTION_DAYS),
    s3Endpoint: text('S3_ENDPOINT'),
  };
}

function readApiKeys(entries: readonly string[], faults: string[]): Settings['apiKeys'] {
  const keys = entries.flatMap((entry) => {
    const [, name = '', given, key = ''] = API_KEY.exec(entry) ?? [];
    const role = KEY_ROLES.find((one) => one === given);
    return role ? [{ name, role, key }] : [];
  });
  const names = keys.map(({ name }) => name);
  if (new Set(names).size < names.length) faults.push('API_KEYS: expected every name once');
  return keys;
}

const readTrustProxy = (text: string | null): number | string[] | null =>
  text === null ? null : /^\d+$/.test(text) ? Number(text) : text.split(',').map((one) => one.trim());
