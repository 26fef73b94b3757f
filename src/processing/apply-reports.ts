import type { Cause } from '../domain/change.ts';
import type { EntityReport } from '../domain/entity.ts';
import type { EntityState, MergeResult } from '../domain/entity-state.ts';
import type { Sql } from '../store/engine/database.ts';
import { countCollisions } from '../store/entities/collisions.ts';
import { entityKeyText, readStates, upsertDocuments, upsertEntities, upsertLines } from '../store/entities/states.ts';
import { appendChanges, type ChangeState, type NewChange } from '../store/feed/append.ts';
import { mergeReport } from './merge-entity.ts';

/** One report, whose it is, and why it came. */
export interface Application {
  connection: string;
  platform: string;
  report: EntityReport;
  cause: Cause;
  /** When the delivery arrived; null for what reconciliation read. */
  receivedAt: string | null;
}

export interface Applied {
  effect: MergeResult;
  /** Position of the feed entry; null: nothing was new. */
  position: number | null;
}

export interface ApplyOptions {
  now: string;
  makeId(): string;
}

/**
 * The one door into the store: newest wins, line by line. Lays every report over what is held, in order, and writes rows and feed
 * entries, a statement per table. Runs inside the caller's transaction, which also ends the deliveries: applied and finished, or neither.
 */
export async function applyReports(sql: Sql, applications: readonly Application[], tools: ApplyOptions): Promise<Applied[]> {
  if (applications.length === 0) return [];
  // One writer at a time on engines that allow several: versions get no holes and the feed no late entries.
  if (sql.dialect.feedLock !== null) await sql.all(sql.dialect.feedLock);
  const keys = applications.map(({ connection, report }) => ({ connection, kind: report.kind, externalId: report.externalId }));
  const images = await readStates(sql, keys);
  const effects = applications.map((application) => layOne(images, application, tools));
  await writeRows(sql, effects, tools.now);
  const changes = applications.flatMap((application, position) => newChange(application, effects[position] as Effected, tools));
  const positions = changes.length > 0 ? await appendChanges(sql, changes) : [];
  await countCollisions(
    sql,
    applications.map(({ connection }, position) => ({ connection, ...countsOf(effects[position] as Effected) })),
  );
  return effects.map((effected) => ({ effect: effected.effect, position: effected.effect.change ? (positions.shift() ?? null) : null }));
}

/** An effect with the version it made: the same entity may be touched twice in one transaction. */
interface Effected {
  effect: MergeResult;
  version: number;
  state: ChangeState | null;
}

function layOne(images: Map<string, EntityState>, application: Application, tools: ApplyOptions): Effected {
  const { connection, platform, report } = application;
  const key = entityKeyText({ connection, kind: report.kind, externalId: report.externalId });
  const held = images.get(key) ?? null;
  const effect = mergeReport(held, report, { connection, platform, at: tools.now, makeId: tools.makeId });
  images.set(key, effect.state);
  return { effect, version: effect.state.version, state: effect.change ? stateOf(effect) : null };
}

async function writeRows(sql: Sql, effected: readonly Effected[], now: string): Promise<void> {
  const effects = effected.map(({ effect }) => effect);
  const entities = new Set(effects.filter((effect) => effect.headerTouched).map((effect) => effect.state));
  const lines = new Map(
    effects.flatMap(({ state, touchedLines }) => touchedLines.map((line) => [line, { entityId: state.id, line }] as const)),
  );
  const documents = effects.flatMap(({ state, touchedDocuments }) => touchedDocuments.map((document) => ({ image: state, document })));
  if (entities.size > 0) await upsertEntities(sql, [...entities]);
  if (lines.size > 0) await upsertLines(sql, [...lines.values()]);
  if (documents.length > 0) await upsertDocuments(sql, [...new Map(documents.map((one) => [one.document.id, one])).values()], now);
}

function stateOf({ state, touchedLines, change }: MergeResult): ChangeState {
  return {
    header: change?.headerChanged ? state.header : null,
    lastUpdatedAt: state.lastUpdatedAt,
    deletedAt: state.deletedAt,
    lines: Object.fromEntries(
      touchedLines.map(({ externalId, content, rank, version, lastUpdatedAt, removedAt }) => [
        externalId,
        { content, rank, version, lastUpdatedAt, removedAt },
      ]),
    ),
  };
}

function newChange({ report, cause, receivedAt }: Application, { effect, version, state }: Effected, tools: ApplyOptions): NewChange[] {
  if (effect.change === null || state === null) return [];
  const { state: entity, change } = effect;
  return [
    {
      changeId: tools.makeId(),
      at: tools.now,
      connection: entity.connection,
      kind: entity.kind,
      action: change.action,
      entityId: entity.id,
      externalId: entity.externalId,
      version,
      lines: change.lines,
      diff: change.diff,
      state,
      cause,
      platformAt: report.lastUpdatedAt,
      receivedAt,
    },
  ];
}

const countsOf = ({ effect }: Effected): { stale: number; collisions: number } => ({ stale: effect.stale, collisions: effect.collisions });
