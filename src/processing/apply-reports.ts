import type { Cause } from '../domain/entities/change.ts';
import type { EntityReport } from '../domain/entities/entity.ts';
import type { EntityState, MergeResult } from '../domain/entities/entity-state.ts';
import { upsertDocuments } from '../store/documents/upsert.ts';
import { type Sql, together } from '../store/engine/database.ts';
import { countCollisions } from '../store/entities/collisions.ts';
import { entityKeyText, readStates, upsertEntities, upsertLines } from '../store/entities/states.ts';
import { appendChanges, type NewChange } from '../store/feed/append.ts';
import type { ChangeState } from '../store/feed/change-state.ts';
import { checkIdLengths } from './merge/check-id-lengths.ts';
import { mergeReport } from './merge/merge-entity.ts';

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

/** What applying reports would write. */
export interface ApplyPlan {
  tools: ApplyOptions;
  applications: readonly Application[];
  merged: readonly Merged[];
  /** Revision of each entity as it was read, by its id; a new one is not in it. */
  revisions: ReadonlyMap<string, number>;
}

/** A merge result with the version it made: the same entity may be touched twice in one transaction. */
interface Merged {
  effect: MergeResult;
  version: number;
  state: ChangeState | null;
}

/**
 * The one door into the store: newest wins, line by line. Reads what is stored, merges every report into it, in order, and writes rows and feed
 * entries, a statement per table. Runs inside the caller's transaction, as the last thing it does.
 */
export async function applyReports(sql: Sql, applications: readonly Application[], tools: ApplyOptions): Promise<Applied[]> {
  return writePlan(sql, await planReports(sql, applications, tools, true));
}

/** Works out what is new; writes nothing. `lock`: what was read stays as it is until the transaction ends. */
export async function planReports(sql: Sql, applications: readonly Application[], tools: ApplyOptions, lock = false): Promise<ApplyPlan> {
  for (const { report } of applications) checkIdLengths(report);
  const keys = applications.map(({ connection, report }) => ({ connection, kind: report.kind, externalId: report.externalId }));
  const stored = await readStates(sql, keys, lock);
  const revisions = new Map([...stored.values()].map(({ id, revision }) => [id, revision]));
  const states = new Map<string, EntityState>(stored);
  return { tools, applications, merged: applications.map((application) => mergeOne(states, application, tools)), revisions };
}

/** Writes what was planned. The feed comes last, since only one transaction at a time can append to it. */
export async function writePlan(sql: Sql, plan: ApplyPlan): Promise<Applied[]> {
  const { applications, merged, tools } = plan;
  const counts = applications.map(({ connection }, position) => ({ connection, ...countsOf(merged[position] as Merged) }));
  const changes = applications.flatMap((application, position) => newChange(application, merged[position] as Merged, tools));
  const { entities, lines, documents } = touchedRows(plan);
  const [, , , , positions] = await together(sql, [
    () => upsertEntities(sql, entities),
    () => upsertLines(sql, lines),
    () => upsertDocuments(sql, documents, tools.now),
    () => countCollisions(sql, counts),
    () => appendChanges(sql, changes),
  ]);
  return merged.map(({ effect }) => ({ effect, position: effect.change ? (positions.shift() ?? null) : null }));
}

function mergeOne(states: Map<string, EntityState>, application: Application, tools: ApplyOptions): Merged {
  const { connection, platform, report } = application;
  const key = entityKeyText({ connection, kind: report.kind, externalId: report.externalId });
  const stored = states.get(key) ?? null;
  const effect = mergeReport(stored, report, { connection, platform, at: tools.now, makeId: tools.makeId });
  states.set(key, effect.state);
  return { effect, version: effect.state.version, state: effect.change ? stateOf(effect) : null };
}

/** The entity's own row is written with whatever of it was touched: its revision tells others that they have read what is old. */
function touchedRows({ merged, revisions }: ApplyPlan) {
  const effects = merged.map(({ effect }) => effect);
  const touched = effects.filter((one) => one.headerTouched || one.touchedLines.length > 0 || one.touchedDocuments.length > 0);
  const entities = new Map(touched.map(({ state }) => [state.id, { image: state, revision: revisions.get(state.id) ?? 0 }]));
  const lines = new Map(
    effects.flatMap(({ state, touchedLines }) => touchedLines.map((line) => [line, { entityId: state.id, line }] as const)),
  );
  const documents = new Map(
    effects.flatMap(({ state, touchedDocuments }) =>
      touchedDocuments.map((document) => [document.id, { image: state, document }] as const),
    ),
  );
  return { entities: [...entities.values()], lines: [...lines.values()], documents: [...documents.values()] };
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

function newChange({ report, cause, receivedAt }: Application, { effect, version, state }: Merged, tools: ApplyOptions): NewChange[] {
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

const countsOf = ({ effect }: Merged): { stale: number; collisions: number } => ({ stale: effect.stale, collisions: effect.collisions });
