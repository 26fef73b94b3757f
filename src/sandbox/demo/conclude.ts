import type { Sandbox } from '../sandbox.ts';
import type { Sender, SenderCounts } from '../sender.ts';
import type { ServiceClient } from '../service-client.ts';
import type { ServiceProcess } from '../service-process.ts';
import type { World } from '../world.ts';
import { type Comparison, compareWithWorlds } from './compare.ts';
import { type FailureInjector, fateKey } from './failures.ts';
import { type Gap, readCoverage, readGaps, reconcileAll, type Span, waitUntilIdle } from './recovery.ts';

/** What is there when the traffic has ended. */
export interface Played {
  sandbox: Sandbox;
  service: ServiceProcess;
  client: ServiceClient;
  sender: Sender;
  badDays: FailureInjector;
  listedKinds(world: World): ReadonlySet<string>;
  show(text: string): void;
  say(text: string): void;
}

export interface DemoResult {
  ok: boolean;
  counts: FailureInjector['counts'] & SenderCounts;
  kills: number;
  outages: number;
  comparison: Comparison;
  gaps: Record<string, number>;
  /** Gaps whose cause is none that happened here to that resource. */
  unexplained: Gap[];
  coverage: Record<string, Span[]>;
  /** Connections whose coverage is not proven, without a hole, up to the end of the traffic. */
  unproven: string[];
  violations: number;
  serviceExitCode: number | null;
}

const HEAL_WITHIN_MS = 240_000;
const ROUNDS = 3;

/** Lets everything arrive, has the service compare itself with the platforms, and then compares it with the worlds. */
export async function concludeDemo(stage: Played, done: { kills: number; outages: number }): Promise<DemoResult> {
  const { badDays, client, sandbox, sender, service, show, say } = stage;
  say('The traffic has ended. What is still on its way arrives …');
  const endedAt = new Date().toISOString();
  await badDays.settle();
  const quiet = () =>
    waitUntilIdle(client, sandbox.worlds, HEAL_WITHIN_MS, (backlog) => show(`${backlog} deliveries are still to be worked`));
  const reconcilable = sandbox.worlds.filter((world) => stage.listedKinds(world).size > 0);
  let comparison: Comparison = { equal: {}, differences: ['not compared'] };
  for (let round = 0; round < ROUNDS && comparison.differences.length > 0; round++) {
    await quiet();
    say('Every connection is compared with its platform …');
    await reconcileAll(client, reconcilable, HEAL_WITHIN_MS);
    await quiet();
    comparison = await compareWithWorlds(client, sandbox.worlds);
  }
  const gaps = await readGaps(client);
  const unexplained = gaps.filter((gap) => !isExplained(badDays, gap, done));
  const { violations } = await client.get<{ violations: number }>('/api/v1/invariants');
  const coverage = Object.fromEntries(await readCoverage(client, reconcilable));
  const unproven = Object.keys(coverage).filter((connection) => !isProven(coverage[connection] ?? [], endedAt));
  const serviceExitCode = await service.stop();
  return {
    ok: [...comparison.differences, ...unexplained, ...unproven].length === 0 && violations === 0 && serviceExitCode === 0,
    counts: { ...badDays.counts, ...sender.counts },
    ...done,
    comparison,
    gaps: countBy(gaps, (gap) => gap.cause),
    unexplained,
    coverage,
    unproven,
    violations,
    serviceExitCode,
  };
}

/** Whether the cause that the service names is one that happened here: to this resource, or to everything at once. */
function isExplained(
  { fates }: FailureInjector,
  { connection, kind, externalId, cause }: Gap,
  done: { kills: number; outages: number },
): boolean {
  const had = fates.get(fateKey(connection, `${kind}:${externalId}`)) ?? new Set();
  if (cause === 'stopped') return done.kills > 0;
  if (cause === 'failed_after_accept') return done.outages > 0;
  if (cause === 'rejected') return had.has('late') || had.has('lost');
  // Between a change and its webhook there is always a moment in which a list tells of it first.
  if (cause === 'late') return had.has('late') || had.has('taken');
  return cause === 'never_delivered' && (had.has('lost') || had.has('silent') || had.has('late'));
}

const isProven = (spans: readonly Span[], endedAt: string): boolean =>
  spans.every((span) => span.state !== 'unproven') && spans.some((span) => span.state === 'proven' && (span.to ?? '') >= endedAt);

function countBy<T>(list: readonly T[], nameOf: (one: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of list) counts[nameOf(one)] = (counts[nameOf(one)] ?? 0) + 1;
  return counts;
}
