import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { EntityReport, LineReport, ReportForm } from '../../src/domain/entities/entity.ts';
import type { EntityState } from '../../src/domain/entities/entity-state.ts';
import { createTurn } from '../../src/domain/turn.ts';
import { readReportedTime } from '../../src/domain/values/time.ts';
import { applyReports } from '../../src/processing/apply-reports.ts';
import { mergeReport } from '../../src/processing/merge/merge-entity.ts';
import { stampArrival } from '../../src/processing/merge/stamp-arrival.ts';
import { entityKeyText, readStates } from '../../src/store/entities/states.ts';
import { testWithContext } from '../support/context.ts';

/** A time as a sender may report it: a minute, none at all, an unreadable one, or one in the far future. */
type Told = number | 'missing' | 'unreadable' | 'future';
interface Step {
  /** An event contains some lines, a response and a list row contain all of them. */
  way: 'event' | 'fetch' | 'list';
  time: Told;
  status: string;
  /** Beside the canonical content. */
  note: string;
  lines: { id: string; time: Told; quantity: string }[];
}

const told: fc.Arbitrary<Told> = fc.oneof(
  { weight: 6, arbitrary: fc.nat(9) },
  { weight: 1, arbitrary: fc.constantFrom('missing' as const, 'unreadable' as const, 'future' as const) },
);
const step: fc.Arbitrary<Step> = fc.record({
  way: fc.constantFrom('event' as const, 'fetch' as const, 'list' as const),
  time: told,
  status: fc.constantFrom('A', 'B', 'C'),
  note: fc.constantFrom('x', 'y'),
  lines: fc.uniqueArray(fc.record({ id: fc.constantFrom('1', '2', '3'), time: told, quantity: fc.constantFrom('1', '2') }), {
    selector: ({ id }) => id,
    maxLength: 3,
  }),
});
const steps = fc.array(step, { minLength: 1, maxLength: 14 });

const minute = (n: number): string => new Date(Date.parse('2026-04-01T10:00:00Z') + n * 60_000).toISOString();
/** Between two of the reported minutes, so that a time in the future may be compared with them. */
const arrivalOf = (position: number): string => minute(position + 0.5);
const WRITTEN: Readonly<Record<string, unknown>> = { missing: null, unreadable: 'some time ago', future: '2099-01-01T00:00:00Z' };
const timeOf = (time: Told) => readReportedTime(typeof time === 'number' ? minute(time) : WRITTEN[time]);

function reportOf({ way, time, status, note, lines }: Step, position: number): EntityReport {
  const form: ReportForm = way;
  const report: EntityReport = {
    ...{ kind: 'order', externalId: 'o-1', documents: null, deleted: false, sourceLines: 'lines' },
    ...timeOf(time),
    header: { number: 'o-1', status, currency: null, buyer: null, supplier: null, total: null, orderedAt: null },
    source: { status, note },
    lines: lines.map(lineOf),
    linesComplete: way !== 'event',
  };
  return stampArrival({ reports: [report], drift: [] }, { form, at: arrivalOf(position) }).reports[0] as EntityReport;
}

const lineOf = ({ id, time, quantity }: Step['lines'][number]): LineReport => ({
  externalId: id,
  ...timeOf(time),
  content: { ...{ position: id, item: null, description: null, quantity, unit: null, status: null, price: null }, deliverySchedule: [] },
  source: { id, quantity },
});

/** A minimal model of newest-wins. A part has its content and the time used in comparisons; null: none. */
interface Part {
  says: string;
  at: string | null;
  removed: boolean;
}
type Model = Map<string, Part>;

/** The time used in comparisons for a reported one: none, or never newer than a time. */
const comparedAs = (time: Told, position: number): string | null | 'never' =>
  typeof time === 'number' ? minute(time) : time === 'missing' ? null : time === 'future' ? arrivalOf(position) : 'never';

function wins(time: string | null, stored: string | null, equalWins = true): boolean {
  if (stored === null) return true;
  if (time === 'never') return false;
  return time === null || time > stored || (equalWins && time === stored);
}

const latest = (time: string | null, stored: string | null): string | null =>
  time === null || time === 'never' || (stored !== null && stored > time) ? stored : time;

function play(model: Model, { way, time, status, note, lines }: Step, position: number): void {
  const at = comparedAs(time, position);
  const whole = model.get('whole');
  const isNewest = !whole || wins(at, whole.at);
  if (isNewest) model.set('whole', { says: `${status} ${note}`, at: latest(at, whole?.at ?? null), removed: false });
  for (const { id, time: own, quantity } of lines) {
    const lineAt = own === 'missing' ? at : comparedAs(own, position);
    const stored = model.get(id);
    // An event with the same time does not restore what is removed.
    if (stored && !wins(lineAt, stored.at, way !== 'event' || !stored.removed)) continue;
    model.set(id, { says: quantity, at: latest(lineAt, stored?.at ?? null), removed: false });
  }
  if (way === 'event' || !isNewest) return;
  for (const [id, line] of model) if (id !== 'whole' && !lines.some((one) => one.id === id) && wins(at, line.at)) line.removed = true;
}

function modelOf(played: readonly Step[]): Record<string, string> {
  const model: Model = new Map();
  for (const [position, one] of played.entries()) play(model, one, position);
  return Object.fromEntries([...model].map(([id, { says, removed }]) => [id, removed ? `${says} (removed)` : says]));
}

function seen({ header, source, lines }: EntityState): Record<string, string> {
  const { note } = JSON.parse(source ?? '{}') as { note: string };
  const shown = [...lines.values()].map(({ externalId, content, removedAt }) => [
    externalId,
    removedAt === null ? content.quantity : `${content.quantity} (removed)`,
  ]);
  return { whole: `${header.status} ${note}`, ...Object.fromEntries(shown) };
}

const SEED = 20_261_126;

test('events, responses and list rows in any order, with any times, result in the newest state, and each change is one version', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (played) => {
      let state: EntityState | null = null;
      let changes = 0;
      for (const [position, one] of played.entries()) {
        const occasion = { connection: 'c', platform: 'p', at: arrivalOf(position), makeId: () => 'id', turn: createTurn() };
        const result = await mergeReport(state, reportOf(one, position), occasion);
        state = result.state;
        changes += result.change === null ? 0 : 1;
      }
      assert.deepEqual(seen(state as EntityState), modelOf(played));
      assert.equal(state?.version, changes);
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

testWithContext('the same holds through the store, several reports at a time', async ({ context }) => {
  let order = 0;
  const portions = fc.array(fc.nat(3), { minLength: 14, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(steps, portions, async (played, sizes) => {
      const externalId = `o-${order++}`;
      const reports = played.map((one, position) => ({ ...reportOf(one, position), externalId }));
      for (let from = 0, turn = 0; from < reports.length; turn++) {
        const size = 1 + (sizes[turn] ?? 0);
        const applications = reports.slice(from, from + size).map((report) => ({
          ...{ connection: 'toy', platform: 'toy', report, receivedAt: null },
          cause: { type: 'reconcile' as const, id: 'run', eventType: null },
        }));
        await context.db.write((sql) => applyReports(sql, applications, { now: arrivalOf(from), makeId: context.makeId }));
        from += size;
      }
      const key = { connection: 'toy', kind: 'order' as const, externalId };
      const state = (await readStates(context.db.read, [key])).get(entityKeyText(key));
      assert.deepEqual(seen(state as EntityState), modelOf(played));
    }),
    { seed: SEED, numRuns: 60 },
  );
});
