import { type EntityReport, HEADER_NAMES, type Header, type LineContent, subjectText } from '../../domain/entities/entity.ts';
import { canonicalText } from '../../domain/values/json.ts';
import type { ServiceClient } from '../service-client.ts';
import type { World } from '../world.ts';

/** An entity as the REST API shows it. */
interface Shown extends Header {
  connection: string;
  kind?: string;
  externalId: string;
  deletedAt: string | null;
  lines?: (LineContent & { externalId: string; removedAt: string | null })[];
}

export interface Comparison {
  /** Number of entities with the same content on both sides, by connection. */
  equal: Record<string, number>;
  /** The differences, one line each. */
  differences: string[];
}

/** Compares the service's entities with those of the simulated worlds: every header, every line, nothing missing, nothing left over. */
export async function compareWithWorlds(client: ServiceClient, worlds: readonly World[]): Promise<Comparison> {
  const shown = await readShown(client);
  const equal: Record<string, number> = {};
  const differences: string[] = [];
  for (const world of worlds) {
    equal[world.connection] = 0;
    for (const report of reportsOf(world)) {
      const key = keyOf(world.connection, report.kind, report.externalId);
      const found = differencesOf(report, shown.get(key));
      shown.delete(key);
      if (found.length === 0) equal[world.connection] = (equal[world.connection] ?? 0) + 1;
      differences.push(...found.map((text) => `${key}: ${text}`));
    }
  }
  for (const [key, entity] of shown)
    if (entity.deletedAt === null) differences.push(`${key}: is stored, but does not exist at the platform`);
  return { equal, differences };
}

const keyOf = (connection: string, kind: string, externalId: string): string => `${connection} ${kind}:${externalId}`;

async function readShown(client: ServiceClient): Promise<Map<string, Shown>> {
  const lists = await Promise.all([
    client.all<Shown>('/api/v1/orders?include=lines').then((rows) => rows.map((row) => ({ ...row, kind: 'order' }))),
    client.all<Shown>('/api/v1/shipments?include=lines').then((rows) => rows.map((row) => ({ ...row, kind: 'shipment' }))),
    client.all<Shown>('/api/v1/records'),
  ]);
  return new Map(lists.flat().map((row) => [keyOf(row.connection, row.kind ?? '', row.externalId), row]));
}

/** The world's resources as read by the platform's code; the first report of a resource is the resource itself. */
const reportsOf = (world: World): EntityReport[] =>
  world.simulation
    .resources()
    .flatMap(({ subject, text }) =>
      world.platform.readFetched(subject, text, world.settings).reports.filter((report) => subjectText(report) === subjectText(subject)),
    );

function differencesOf(report: EntityReport, shown: Shown | undefined): string[] {
  if (!shown) return report.deleted ? [] : ['is missing'];
  if (report.deleted) return shown.deletedAt === null ? ['is deleted at the platform, but not in the service'] : [];
  if (shown.deletedAt !== null) return ['is stored as deleted'];
  const header = HEADER_NAMES.flatMap((name) => differ(name, report.header?.[name], shown[name]));
  return [...header, ...lineDifferences(report, shown)];
}

function lineDifferences(report: EntityReport, shown: Shown): string[] {
  const storedLines = new Map((shown.lines ?? []).filter((line) => line.removedAt === null).map((line) => [line.externalId, line]));
  const there = report.lines.filter((line) => !line.removed);
  const found = there.flatMap((line) => {
    const own = storedLines.get(line.externalId);
    storedLines.delete(line.externalId);
    if (!own) return [`line ${line.externalId} is missing`];
    const ours = new Map<string, unknown>(Object.entries(own));
    return Object.entries(line.content).flatMap(([name, value]) => differ(`line ${line.externalId} ${name}`, value, ours.get(name)));
  });
  return [...found, ...[...storedLines.keys()].map((id) => `line ${id} is stored, but does not exist at the platform`)];
}

const differ = (what: string, there: unknown, here: unknown): string[] =>
  canonicalText(there ?? null) === canonicalText(here ?? null)
    ? []
    : [`${what} is ${canonicalText(here ?? null)}, at the platform ${canonicalText(there ?? null)}`];
