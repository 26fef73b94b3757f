import type { Context } from '../context.ts';
import { requestOf, runInRequest } from '../domain/current-request.ts';
import type { Drift } from '../domain/entities/drift.ts';
import { type EntityReport, readSubject, type Subject, subjectText } from '../domain/entities/entity.ts';
import { Hopeless, OrderdockError, RemoteMissing } from '../domain/errors.ts';
import type { AttemptEnd } from '../domain/outcome.ts';
import type { PlatformApi } from '../platforms/contract/api.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { Interpretation, WhenMissing } from '../platforms/contract/webhook.ts';
import { type ClaimedDelivery, claimCompanions, claimDeliveries, readBody, readRecorded } from '../store/deliveries/claim.ts';
import { connectionsToFetch, waitingEventTypes } from '../store/deliveries/due.ts';
import { applyReports } from './apply-reports.ts';
import { interpretDelivery, readResource } from './interpret-delivery.ts';
import { applicationOf, applyTogether, claimOptions, type ReadAttempt, whileInFlight } from './process-deliveries.ts';

const MOST_SUBJECTS = 20;

/**
 * Works a connection's waiting notifications: one fetch for all that wait for the same resource. Gives the number of resources that were taken.
 * Rate limits and turns are the remote client's: what cannot go out now waits without losing an attempt. A resource ends when its own fetch
 * has: `ended` is called with the number of `most` that are free again.
 */
export async function processNotifications(
  context: Context,
  connection: Connection,
  most = MOST_SUBJECTS,
  ended: (count: number) => void = () => {},
): Promise<number> {
  const claimed = await claimWaiting(context, connection, most);
  return whileInFlight(context, claimed, async () => {
    const groups = await groupBySubject(context, claimed);
    ended(most - groups.length);
    const apply = createApplier(context, connection);
    const work = async (group: ClaimedDelivery[]) => {
      await apply(await workGroup(context, connection, group)).finally(() => ended(1));
    };
    const worked = await Promise.allSettled(groups.map(work));
    for (const one of worked) if (one.status === 'rejected') throw one.reason;
    return groups.length;
  });
}

/** Applies what has been fetched, one resource after the other; those that have to wait for the same limit are looked at together. */
function createApplier(context: Context, connection: Connection): (worked: WorkedGroup) => Promise<void> {
  const fetched: WorkedGroup[] = [];
  let applying: Promise<void> = Promise.resolve();
  async function applyFetched(): Promise<void> {
    // What ends in the same moment comes together.
    await new Promise(setImmediate);
    const together = fetched.splice(0);
    const waiting = together.filter((one) => one.mustWait).map((one) => one.group);
    if (waiting.length > 0) await previewPending(context, connection, waiting);
    for (const { attempted } of together) await applyTogether(context, attempted);
  }
  return (worked) => {
    fetched.push(worked);
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

async function groupBySubject(context: Context, claimed: readonly ClaimedDelivery[]): Promise<ClaimedDelivery[][]> {
  const groups = new Map<string, ClaimedDelivery[]>();
  for (const delivery of claimed) {
    const key = delivery.subject ?? delivery.id;
    groups.set(key, [...(groups.get(key) ?? []), delivery]);
  }
  for (const delivery of claimed) if (!delivery.bodyLoaded) delivery.body = await readBody(context.db.read, delivery.seq);
  return [...groups.values()];
}

interface WorkedGroup {
  group: ClaimedDelivery[];
  attempted: ReadAttempt[];
  /** The limits had no place for its fetch. */
  mustWait: boolean;
}

async function workGroup(context: Context, connection: Connection, group: ClaimedDelivery[]): Promise<WorkedGroup> {
  const startedAt = context.clock.now();
  const all = (end: AttemptEnd, told: Partial<ReadAttempt> = {}): ReadAttempt[] =>
    group.map((delivery, position) => ({
      delivery,
      startedAt,
      end,
      recorded: told.recorded,
      reports: position === 0 ? (told.reports ?? []) : [],
      drift: position === 0 ? (told.drift ?? []) : [],
    }));
  try {
    const said = interpretDelivery(connection, group.at(-1) as ClaimedDelivery);
    if (said.do === 'ignore') return { group, attempted: all({ end: 'ignored', reason: said.reason }, said), mustWait: false };
    if (said.do === 'apply') return { group, attempted: applyEach(connection, group, startedAt), mustWait: false };
    const head = group[0] as ClaimedDelivery;
    const told = await runInRequest(requestOf(head.headers, head.id), () => fetchSubject(context, connection, said, head));
    if (typeof told === 'string') return { group, attempted: all({ end: 'ignored', reason: told }, said), mustWait: false };
    return { group, attempted: all({ end: 'done' }, { ...told, drift: [...said.drift, ...told.drift] }), mustWait: false };
  } catch (error) {
    const mustWait = error instanceof OrderdockError && error.code === 'rate_limited_here';
    return { group, attempted: all({ end: 'failed', error }), mustWait };
  }
}

/** No API to ask: each notification is applied for what it says itself. */
function applyEach(connection: Connection, group: readonly ClaimedDelivery[], startedAt: Date): ReadAttempt[] {
  return group.map((delivery) => {
    const said: Interpretation = interpretDelivery(connection, delivery);
    return { delivery, startedAt, end: { end: 'done' }, reports: said.do === 'apply' ? said.reports : [], drift: said.drift };
  });
}

interface Told {
  reports: EntityReport[];
  drift: Drift[];
  recorded: string;
}

/** What the resource is now; a text: the reason why there is nothing to apply. */
async function fetchSubject(
  context: Context,
  connection: Connection,
  said: { subject: Subject; whenMissing: WhenMissing },
  head: ClaimedDelivery,
): Promise<Told | string> {
  try {
    const { text, askedAt } = await textOf(context, connection, said.subject, head);
    return { ...readResource(connection, said.subject, text, { form: 'fetch', at: askedAt }), recorded: text };
  } catch (error) {
    if (!(error instanceof RemoteMissing)) throw error;
    if (said.whenMissing === 'ignored') return 'The platform does not know the resource (a test event, or gone).';
    if (said.whenMissing === 'retry' && (await isDeletedLater(context, connection, head)))
      return 'The resource has been deleted since; its deletion waits.';
    if (said.whenMissing === 'retry') throw error;
    return { reports: [tombstone(said.subject)], drift: [], recorded: '' };
  }
}

/** A deletion of the same resource waits behind this delivery: then a missing resource is no riddle, and must not hold the deletion back. */
async function isDeletedLater(context: Context, { name, platform }: Connection, head: ClaimedDelivery): Promise<boolean> {
  if (head.subject === null) return false;
  const deleting = platform.events.filter((event) => event.effect === 'delete').map((event) => event.type);
  const waiting = await waitingEventTypes(context.db.read, name, head.subject, head.seq);
  return waiting.some((type) => deleting.includes(type));
}

/** The resource's JSON: from the platform, or, for a replay that asks for it, what the first fetch returned. */
async function textOf(
  context: Context,
  connection: Connection,
  subject: Subject,
  head: ClaimedDelivery,
): Promise<{ text: string; askedAt: string }> {
  if (head.replay === 'recorded') {
    const recorded = await readRecorded(context.db.read, head.seq);
    if (recorded === '') throw new RemoteMissing('The recorded answer was: not found.');
    if (recorded !== null) return { text: recorded, askedAt: head.receivedAt };
  }
  // What changes from here on may be missing from the answer.
  const askedAt = context.clock.now().toISOString();
  const { text } = await apiOf(context, connection).fetch(subject);
  return { text, askedAt };
}

function apiOf(context: Context, connection: Connection): PlatformApi {
  const api = context.api(connection);
  if (!api) throw new Hopeless('api_missing', 'The connection has no API configured, so the resource cannot be fetched.');
  return api;
}

/** What a missing resource means where its event says that it is gone. */
export const tombstone = ({ kind, externalId }: Subject): EntityReport => ({
  kind,
  externalId,
  lastUpdatedAt: null,
  header: null,
  lines: [],
  linesComplete: false,
  documents: null,
  deleted: true,
  source: null,
  sourceLines: null,
});

/** Resources that have to wait for their turn are shown in part at once, where the platform has a list that tells of many in one call. */
async function previewPending(context: Context, connection: Connection, groups: readonly ClaimedDelivery[][]): Promise<void> {
  const api = context.api(connection);
  const fresh = groups.filter(([head]) => head && head.error === null && head.attempts.length === 0 && readSubject(head.subject) !== null);
  if (!api?.fetchSummaries || fresh.length === 0) return;
  const heads = new Map(fresh.map(([head]) => [head?.subject ?? '', head as ClaimedDelivery]));
  try {
    const subjects = [...heads.keys()].map((text) => readSubject(text) as Subject);
    const askedAt = context.clock.now().toISOString();
    const texts = await api.fetchSummaries(subjects);
    const applications = subjects.flatMap((subject) => {
      const text = texts.get(subjectText(subject));
      const head = heads.get(subjectText(subject)) as ClaimedDelivery;
      return text === undefined
        ? []
        : readResource(connection, subject, text, { form: 'list', at: askedAt }).reports.map((one) => applicationOf(head, one));
    });
    await context.db.write((sql) => applyReports(sql, applications, { now: context.clock.now().toISOString(), makeId: context.makeId }));
    context.feedChanged.notify();
  } catch (error) {
    // Only an early look: what could not be seen comes with the fetch. It is not an attempt.
    context.log.warn('glance', {
      connection: connection.name,
      resources: fresh.length,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}
