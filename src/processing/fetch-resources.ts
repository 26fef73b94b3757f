import type { Context } from '../context.ts';
import { requestOf, runInRequest } from '../domain/current-request.ts';
import { readSubject, subjectText } from '../domain/entities/entity.ts';
import { OrderdockError, PermanentFailure } from '../domain/errors.ts';
import type { AttemptEnd } from '../domain/outcome.ts';
import type { PlatformApi } from '../platforms/contract/api.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { type ClaimedDelivery, claimCompanions, claimDeliveries, loadContents } from '../store/deliveries/claim.ts';
import { readRecorded } from '../store/deliveries/contents.ts';
import { connectionsToFetch, waitingEventTypes } from '../store/deliveries/due.ts';
import { applyReports } from './apply-reports.ts';
import { interpretDelivery, readResource } from './interpret-delivery.ts';
import { applicationOf, applyTogether, claimOptions, type ReadAttempt, whileInFlight } from './process-deliveries.ts';
import { type ResourceSource, readDelivery, readRecording } from './read-delivery.ts';

const MOST_SUBJECTS = 20;

/**
 * Processes a connection's pending notifications, with one fetch for all that name the same resource, and returns the number of resources taken.
 * The remote client enforces rate limits and order: a fetch that cannot be sent now is deferred and costs no attempt. Each resource is completed as
 * soon as its own fetch has ended: `freed` is called with the number of the `most` slots that are free again.
 */
export async function processNotifications(
  context: Context,
  connection: Connection,
  most = MOST_SUBJECTS,
  freed: (count: number) => void = () => {},
): Promise<number> {
  const claimed = await claimWaiting(context, connection, most);
  return whileInFlight(context, claimed, async () => {
    const groups = await groupBySubject(context, claimed);
    freed(most - groups.length);
    const apply = createApplier(context, connection);
    const processGroup = async (group: Group) => {
      await apply(await fetchGroup(context, connection, group)).finally(() => freed(1));
    };
    const processed = await Promise.allSettled(groups.map(processGroup));
    for (const one of processed) if (one.status === 'rejected') throw one.reason;
    return groups.length;
  });
}

/** Applies fetched resources one after the other; those deferred by the same rate limit are previewed together. */
function createApplier(context: Context, connection: Connection): (fetched: FetchedGroup) => Promise<void> {
  const waiting: FetchedGroup[] = [];
  let applying: Promise<void> = Promise.resolve();
  async function applyFetched(): Promise<void> {
    // Fetches that end in the same turn of the event loop are applied together.
    await new Promise(setImmediate);
    const batch = waiting.splice(0);
    const deferred = batch.filter((one) => one.isDeferred).map((one) => one.group);
    if (deferred.length > 0) await applySummaries(context, connection, deferred);
    for (const { attempted } of batch) await applyTogether(context, attempted);
  }
  return (fetched) => {
    waiting.push(fetched);
    const before = applying.catch(() => {});
    applying = before.then(applyFetched);
    return applying;
  };
}

/** The connections whose notifications are due. */
export const connectionsDue = (context: Context): Promise<Set<string>> =>
  connectionsToFetch(context.db.read, context.clock.now().toISOString());

async function claimWaiting(context: Context, connection: Connection, most: number): Promise<ClaimedDelivery[]> {
  const claim = claimOptions(context, true, connection.name, most);
  return context.db.write(async (sql) => {
    const heads = await claimDeliveries(sql, claim);
    const subjects = heads.filter((one) => one.replay === null).flatMap((one) => one.subject ?? []);
    return subjects.length > 0 ? [...heads, ...(await claimCompanions(sql, claim, subjects))] : heads;
  });
}

async function groupBySubject(context: Context, claimed: readonly ClaimedDelivery[]): Promise<Group[]> {
  const groups = new Map<string, Group>();
  for (const delivery of claimed) {
    const key = delivery.subject ?? delivery.id;
    const group = groups.get(key);
    groups.set(key, group ? [...group, delivery] : [delivery]);
  }
  for (const delivery of claimed) if (!delivery.bodyLoaded) await loadContents(context.db.read, delivery);
  return [...groups.values()];
}

/** The notifications that wait for one resource, in the order of their arrival. */
type Group = readonly [ClaimedDelivery, ...ClaimedDelivery[]];

interface FetchedGroup {
  group: Group;
  attempted: ReadAttempt[];
  /** The rate limits left no room for its fetch. */
  isDeferred: boolean;
}

async function fetchGroup(context: Context, connection: Connection, group: Group): Promise<FetchedGroup> {
  const startedAt = context.clock.now();
  const all = (end: AttemptEnd, read: Partial<ReadAttempt> = {}): ReadAttempt[] =>
    group.map((delivery, position) => ({
      delivery,
      startedAt,
      end,
      recorded: read.recorded,
      reports: position === 0 ? (read.reports ?? []) : [],
      drift: position === 0 ? (read.drift ?? []) : [],
    }));
  try {
    const reading = await readDelivery(connection, group.at(-1) ?? group[0], createSource(context, connection, group[0]));
    if (reading.result === 'carried') return { group, attempted: readEach(connection, group, startedAt), isDeferred: false };
    const end: AttemptEnd = reading.result === 'ignored' ? { end: 'ignored', reason: reading.reason } : { end: 'done' };
    return { group, attempted: all(end, reading), isDeferred: false };
  } catch (error) {
    const isDeferred = error instanceof OrderdockError && error.code === 'rate_limited_here';
    return { group, attempted: all({ end: 'failed', error }), isDeferred };
  }
}

/** The connection has no API: each notification counts for what its own body reports. */
function readEach(connection: Connection, group: Group, startedAt: Date): ReadAttempt[] {
  return group.map((delivery) => {
    const interpreted = interpretDelivery(connection, delivery);
    const reports = interpreted.do === 'apply' ? interpreted.reports : [];
    return { delivery, startedAt, end: { end: 'done' }, reports, drift: interpreted.drift };
  });
}

/** The resource comes from the platform, or from the recording if a replay requests it. The first delivery represents the whole group. */
const createSource = (context: Context, connection: Connection, head: ClaimedDelivery): ResourceSource => ({
  async fetch(subject) {
    const recording = head.replay === 'recorded' ? readRecording(await readRecorded(context.db.read, head.seq), head.receivedAt) : null;
    if (recording !== null) return recording;
    const requestedAt = context.clock.now().toISOString();
    const { text } = await runInRequest(requestOf(head.headers, head.id), () => apiOf(context, connection).fetch(subject));
    return { text, requestedAt };
  },
  isDeletedLater: () => isDeletedLater(context, connection, head),
});

/** Whether a deletion of the same resource is pending after this delivery. */
async function isDeletedLater(context: Context, { name, platform }: Connection, head: ClaimedDelivery): Promise<boolean> {
  if (head.subject === null) return false;
  const deleting = platform.events.filter((event) => event.effect === 'delete').map((event) => event.type);
  const waiting = await waitingEventTypes(context.db.read, name, head.subject, head.seq);
  return waiting.some((type) => deleting.includes(type));
}

function apiOf(context: Context, connection: Connection): PlatformApi {
  const api = context.api(connection);
  if (!api) throw new PermanentFailure('api_missing', 'The connection has no API configured, so the resource cannot be fetched.');
  return api;
}

/**
 * Deferred resources become visible early, in part, if the platform has a list that describes many of them in one call. Only those that have not
 * been attempted yet.
 */
async function applySummaries(context: Context, connection: Connection, groups: readonly Group[]): Promise<void> {
  const api = context.api(connection);
  const fresh = groups.flatMap(([head]) => {
    const subject = readSubject(head.subject);
    return subject !== null && head.error === null && head.attempts.length === 0 ? [{ head, subject }] : [];
  });
  if (!api?.fetchSummaries || fresh.length === 0) return;
  try {
    const requestedAt = context.clock.now().toISOString();
    const texts = await api.fetchSummaries(fresh.map(({ subject }) => subject));
    const applications = fresh.flatMap(({ head, subject }) => {
      const text = texts.get(subjectText(subject));
      if (text === undefined) return [];
      return readResource(connection, subject, text, { form: 'list', at: requestedAt }).reports.map((one) => applicationOf(head, one));
    });
    await context.db.write((sql) => applyReports(sql, applications, { now: context.clock.now().toISOString(), makeId: context.makeId }));
    context.feedChanged.notify();
  } catch (error) {
    // The fetch provides what the summaries could not. A failure here does not count as an attempt.
    context.log.warn('summary_failed', {
      connection: connection.name,
      resources: fresh.length,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}
