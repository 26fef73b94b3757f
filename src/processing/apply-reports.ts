import type { Cause } from '../domain/entities/change.ts';
import type { EntityReport } from '../domain/entities/entity.ts';
import type { EntityState, MergeResult } from '../domain/entities/entity-state.ts';
import { createTurn, type Turn } from '../domain/turn.ts';
import { upsertDocuments } from '../store/documents/upsert.ts';
import { pipelined, type Sql } from '../store/engine/database.ts';
import { countCollisions } from '../store/entities/collisions.ts';
import { entityKeyText, packEntities, readStates, upsertEntities } from '../store/entities/states.ts';
import { appendChanges, type NewChange, packChanges } from '../store/feed/append.ts';
import type { ChangeState } from '../store/feed/change-state.ts';
import { checkIdLengths } from './merge/check-id-lengths.ts';
import { checkReportedCount, checkStoredCount } from './merge/check-line-count.ts';
import { mergeReport } from './merge/merge-entity.ts';

/** One report, the connection it belongs to, and why it came. */
export interface Application {
  connection: string;
  platform: string;
  report: EntityReport;
  cause: Cause;
  /** When the delivery arrived; null when reconciliation read the report. */
  receivedAt: string | null;
}

export interface Applied {
  effect: MergeResult;
  /** Position of the feed entry; null when nothing was new. */
  position: number | null;
}

export interface ApplyOptions {
  now: string;
  makeId(): string;
}

export interface PlanOptions {
  /** The rows that were read cannot change until the transaction ends. */
  lock?: boolean;
  /** Receives a report that cannot be applied and its failure. Default: one such report fails all of them. */
  onFailure?(application: Application, failure: unknown): void;
}

function failAll(_application: Application, failure: unknown): never {
  throw failure;
}

/** What applying reports would write. */
export interface ApplyPlan {
  tools: ApplyOptions;
  /** One for each application that can be applied, in their order. */
  merged: readonly Merged[];
  /** The revision at which each stored entity was read, by its id; new entities are missing. */
  revisions: ReadonlyMap<string, number>;
}

/** A merge result with the version it produced: one transaction may change the same entity twice. */
interface Merged {
  application: Application;
  effect: MergeResult;
  version: number;
  state: ChangeState | null;
}

/**
 * The only way reports reach the store: the newest content wins, line by line. Reads what is stored, merges every report into it, in order, and
 * writes rows and feed entries, one statement per table. Runs inside the caller's transaction, as its last step.
 */
export async function applyReports(sql: Sql, applications: readonly Application[], tools: ApplyOptions): Promise<Applied[]> {
  return writePlan(sql, await planReports(sql, applications, tools, { lock: true }));
}

/** Determines what is new; writes nothing. */
export async function planReports(
  sql: Sql,
  applications: readonly Application[],
  tools: ApplyOptions,
  { lock = false, onFailure = failAll }: PlanOptions = {},
): Promise<ApplyPlan> {
  const applicable = applications.filter((one) => isApplicable(one, onFailure));
  const keys = applicable.map(({ connection, report }) => ({ connection, kind: report.kind, externalId: report.externalId }));
  const stored = await readStates(sql, keys, lock);
  const revisions = new Map([...stored.values()].map(({ id, revision }) => [id, revision]));
  const states = new Map<string, EntityState>(stored);
  const merged: Merged[] = [];
  const turn = createTurn();
  for (const application of applicable) {
    await turn.pauseIfLong();
    try {
      merged.push(await mergeOne(states, application, tools, turn));
    } catch (failure) {
      onFailure(application, failure);
    }
  }
  return { tools, merged, revisions };
}

function isApplicable(application: Application, onFailure: NonNullable<PlanOptions['onFailure']>): boolean {
  try {
    checkReportedCount(application.report);
    checkIdLengths(application.report);
    return true;
  } catch (failure) {
    onFailure(application, failure);
    return false;
  }
}

/** Writes what was planned. The feed comes last, since only one transaction at a time can append to it. */
export async function writePlan(sql: Sql, plan: ApplyPlan): Promise<Applied[]> {
  const { merged, tools } = plan;
  const counts = merged.map(({ application: { connection }, effect: { stale, collisions } }) => ({ connection, stale, collisions }));
  const changes = merged.flatMap((one) => newChange(one, tools));
  const { entities, documents } = touchedRows(plan);
  const rows = await packEntities(entities);
  const entries = await packChanges(changes);
  const [, , , positions] = await pipelined(sql, [
    () => upsertEntities(sql, rows),
    () => upsertDocuments(sql, documents, tools.now),
    () => countCollisions(sql, counts),
    () => appendChanges(sql, entries),
  ]);
  return merged.map(({ effect }) => ({ effect, position: effect.change ? (positions.shift() ?? null) : null }));
}

async function mergeOne(states: Map<string, EntityState>, application: Application, tools: ApplyOptions, turn: Turn): Promise<Merged> {
  const { connection, platform, report } = application;
  const key = entityKeyText({ connection, kind: report.kind, externalId: report.externalId });
  const stored = states.get(key) ?? null;
  const effect = await mergeReport(stored, report, { connection, platform, at: tools.now, makeId: tools.makeId, turn });
  checkStoredCount(effect.state);
  states.set(key, effect.state);
  return { application, effect, version: effect.state.version, state: effect.change ? stateOf(effect) : null };
}

/** The entity's row, which contains its lines, is written whenever any part of it is: its revision shows others that what they read is outdated. */
function touchedRows({ merged, revisions }: ApplyPlan) {
  const effects = merged.map(({ effect }) => effect);
  const touched = effects.filter((one) => one.headerTouched || one.touchedLines.length > 0 || one.touchedDocuments.length > 0);
  const entities = new Map(touched.map(({ state }) => [state.id, { image: state, revision: revisions.get(state.id) ?? 0 }]));
  const documents = new Map(
    effects.flatMap(({ state, touchedDocuments }) =>
      touchedDocuments.map((document) => [document.id, { image: state, document }] as const),
    ),
  );
  return { entities: [...entities.values()], documents: [...documents.values()] };
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

function newChange({ application: { report, cause, receivedAt }, effect, version, state }: Merged, tools: ApplyOptions): NewChange[] {
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
