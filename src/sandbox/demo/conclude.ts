import type { Sandbox } from '../sandbox.ts';
import type { Sender, SenderCounts } from '../sender.ts';
import type { ServiceClient } from '../service-client.ts';
import type { World } from '../world.ts';
import { type Comparison, compareWithWorlds } from './compare.ts';
import { type FailureInjector, outcomeKey } from './failures.ts';
import { readUnflagged } from './future-rows.ts';
import type { Reader, ReaderCounts } from './reader.ts';
import { type Gap, readCoverage, readGaps, reconcileAll, type Span, waitUntilIdle } from './recovery.ts';

/** The state once the traffic has ended. */
export interface Played {
  sandbox: Sandbox;
  client: ServiceClient;
  sender: Sender;
  injector: FailureInjector;
  reader: Reader;
  listedKinds(world: World): ReadonlySet<string>;
  show(text: string): void;
  print(text: string): void;
}

/** The injected faults other than those of the webhooks. */
export interface Incidents {
  kills: number;
  outages: number;
  /** List rows that were dated 2099. */
  futureRows: number;
  /** Restored backups. */
  restores: number;
}

/** What the demo has found while the service still runs. */
export interface Conclusion extends Incidents {
  ok: boolean;
  counts: FailureInjector['counts'] & SenderCounts;
  comparison: Comparison;
  gaps: Record<string, number>;
  /** Gaps whose cause was not injected for that resource. */
  unexplained: Gap[];
  coverage: Record<string, Span[]>;
  /** Connections whose coverage is not proven without holes up to the end of the traffic. */
  unproven: string[];
  /** Connections with a row dated in the future that the service has not flagged. */
  unflagged: string[];
  /** What became of the changes at the demo's own reader of the feed. */
  reader: ReaderCounts;
  /** Changes that the reader has not booked exactly once, as they are in the feed. */
  misbooked: string[];
  violations: number;
}

export interface DemoResult extends Conclusion {
  serviceExitCode: number | null;
}

const RECOVER_WITHIN_MS = 240_000;
const ROUNDS = 3;

/** Waits until everything has arrived, has the service reconcile with the platforms, and then compares it with the simulated data. */
export async function concludeDemo(stage: Played, done: Incidents): Promise<Conclusion> {
  const { injector, client, sandbox, sender, reader, show, print } = stage;
  print('The traffic has ended. Waiting for webhooks in flight …');
  const endedAt = new Date().toISOString();
  await injector.settle();
  const quiet = () =>
    waitUntilIdle(client, sandbox.worlds, RECOVER_WITHIN_MS, (backlog) => show(`${backlog} deliveries are still pending`));
  const reconcilable = sandbox.worlds.filter((world) => stage.listedKinds(world).size > 0);
  let comparison: Comparison = { equal: {}, differences: ['not compared'] };
  for (let round = 0; round < ROUNDS && comparison.differences.length > 0; round++) {
    await quiet();
    print('Reconciling every connection with its platform …');
    await reconcileAll(client, reconcilable, RECOVER_WITHIN_MS);
    await quiet();
    comparison = await compareWithWorlds(client, sandbox.worlds);
  }
  const gaps = await readGaps(client);
  const unexplained = gaps.filter((gap) => !isExplained(injector, gap, done));
  const { violations } = await client.get<{ violations: number }>('/api/v1/invariants');
  const coverage = Object.fromEntries(await readCoverage(client, reconcilable));
  const unproven = Object.keys(coverage).filter((connection) => !isProven(coverage[connection] ?? [], endedAt));
  const unflagged = await readUnflagged(client, reconcilable);
  const misbooked = await reader.check();
  return {
    ok:
      [...comparison.differences, ...unexplained, ...unproven, ...unflagged, ...misbooked].length === 0 &&
      reader.counts.diverged >= done.restores &&
      violations === 0,
    counts: { ...injector.counts, ...sender.counts },
    ...done,
    comparison,
    gaps: countBy(gaps, (gap) => gap.cause),
    unexplained,
    coverage,
    unproven,
    unflagged,
    reader: { ...reader.counts },
    misbooked,
    violations,
  };
}

/** Whether the cause that the service reports was injected here, for this resource or for everything at once. */
function isExplained({ outcomes }: FailureInjector, { connection, kind, externalId, cause }: Gap, done: Incidents): boolean {
  const had = outcomes.get(outcomeKey(connection, `${kind}:${externalId}`)) ?? new Set();
  if (cause === 'stopped') return done.kills > 0;
  if (cause === 'failed_after_accept') return done.outages > 0;
  if (cause === 'rejected') return had.has('late') || had.has('lost');
  // A list can always show a change just before its webhook arrives.
  if (cause === 'late') return had.has('late') || had.has('taken');
  return cause === 'never_delivered' && (had.has('lost') || had.has('silent') || had.has('late'));
}

/** Without holes up to the end of the traffic, and never into the future. */
function isProven(spans: readonly Span[], endedAt: string): boolean {
  const ends = spans.flatMap(({ state, to }) => (state === 'proven' && to !== null ? [to] : []));
  const now = new Date().toISOString();
  return spans.every((span) => span.state !== 'unproven') && ends.some((to) => to >= endedAt) && ends.every((to) => to <= now);
}

function countBy<T>(list: readonly T[], nameOf: (one: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of list) counts[nameOf(one)] = (counts[nameOf(one)] ?? 0) + 1;
  return counts;
}
