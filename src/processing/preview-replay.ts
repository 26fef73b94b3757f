import type { Context } from '../context.ts';
import { type EntityReport, type Subject, subjectText } from '../domain/entities/entity.ts';
import { RemoteMissing } from '../domain/errors.ts';
import { errorText } from '../domain/outcome.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { WhenMissing } from '../platforms/contract/webhook.ts';
import { countReplayable, type DeliveryCriteria, type Replayable, readLastPosition, readReplayable } from '../store/deliveries/requeue.ts';
import { type Applied, applyReports } from './apply-reports.ts';
import { tombstone } from './fetch-resources.ts';
import { interpretDelivery, readResource } from './interpret-delivery.ts';
import type { ReplayFetch } from './replay.ts';

/** One entity that a replay would change. */
export interface PreviewedChange {
  deliveryId: string;
  connection: string;
  kind: string;
  externalId: string;
  action: string;
  lines: readonly string[];
  diff: readonly { path: string; before: unknown; after: unknown }[];
}

export interface ReplayPreview {
  /** How many deliveries the filter names. */
  number: number;
  changes: readonly PreviewedChange[];
  /** False: there are more deliveries than a preview looks at, or some could not be read or fetched. */
  complete: boolean;
  /** How many of them it has looked at. */
  lookedAt: number;
  /** Those that would fail again, by error. */
  failures: readonly PreviewedFailure[];
}

export interface PreviewedFailure {
  error: string;
  count: number;
  sampleId: string;
}

const PER_STEP = 100;
const MOST_DELIVERIES = 1000;
const MOST_BYTES = 32 * 1024 * 1024;
/** Calls to the platform that one preview may make. */
const MOST_FETCHES = 50;

/** What replaying would change; changes nothing: the work is done in a transaction that is rolled back. */
export async function previewReplay(context: Context, filter: DeliveryCriteria, fetch: ReplayFetch): Promise<ReplayPreview> {
  const number = await countReplayable(context.db.read, filter);
  const { told, ...looked } = await readTold(context, filter, fetch);
  return { number, changes: await computeChanges(context, told), ...looked };
}

interface Told {
  delivery: Replayable;
  report: EntityReport;
}

interface Looked extends Pick<ReplayPreview, 'complete' | 'lookedAt' | 'failures'> {
  told: Told[];
}

async function readTold(context: Context, filter: DeliveryCriteria, fetch: ReplayFetch): Promise<Looked> {
  const upTo = await readLastPosition(context.db.read);
  const reader = createReader(context, fetch);
  const told: Told[] = [];
  let bytes = 0;
  let seen = 0;
  const looked = (complete: boolean) => ({ told, complete, lookedAt: seen - reader.skipped(), failures: reader.failures() });
  for (let after = 0; ; ) {
    const deliveries = await readReplayable(context.db.read, filter, { after, upTo, limit: PER_STEP });
    for (const delivery of deliveries) {
      bytes += delivery.body.length;
      seen++;
      told.push(...(await reader.read(delivery)).map((report) => ({ delivery, report })));
    }
    after = deliveries.at(-1)?.seq ?? upTo;
    if (deliveries.length < PER_STEP) return looked(reader.complete());
    if (seen >= MOST_DELIVERIES || bytes > MOST_BYTES) return looked(false);
  }
}

interface Reader {
  read(delivery: Replayable): Promise<EntityReport[]>;
  complete(): boolean;
  /** How many were not looked at, since a preview makes only so many calls. */
  skipped(): number;
  failures(): PreviewedFailure[];
}

/** A preview does not ask the platform for any more. */
class NotFetched extends Error {}

/** Reads what deliveries tell; what they only name is fetched once for all of them. */
function createReader(context: Context, fetch: ReplayFetch): Reader {
  const fetched = new Map<string, Promise<string>>();
  const failures = new Map<string, PreviewedFailure>();
  let complete = true;
  let skipped = 0;
  const textOf = (connection: Connection, subject: Subject, delivery: Replayable): Promise<string> => {
    if (fetch === 'recorded' && delivery.recorded !== null) return Promise.resolve(delivery.recorded);
    const key = `${connection.name} ${subjectText(subject)}`;
    const known = fetched.get(key);
    const asked = known ?? fetchText(context, connection, subject, fetched.size);
    fetched.set(key, asked);
    return asked;
  };
  return {
    complete: () => complete,
    skipped: () => skipped,
    failures: () => [...failures.values()],
    async read(delivery) {
      const connection = context.connections.get(delivery.connection);
      try {
        const said = interpretDelivery(connection, delivery);
        if (!connection) return [];
        if (said.do === 'ignore') return [];
        if (said.do === 'apply') return said.reports;
        const isRecorded = fetch === 'recorded' && delivery.recorded !== null;
        const arrivedAt = isRecorded ? delivery.receivedAt : context.clock.now().toISOString();
        return await readFetched(connection, said, arrivedAt, () => textOf(connection, said.subject, delivery));
      } catch (error) {
        complete = false;
        if (error instanceof NotFetched) skipped++;
        else countFailure(failures, errorText(error), delivery.id);
        return [];
      }
    },
  };
}

function countFailure(failures: Map<string, PreviewedFailure>, error: string, sampleId: string): void {
  const known = failures.get(error) ?? { error, count: 0, sampleId };
  known.count++;
  failures.set(error, known);
}

async function readFetched(
  connection: Connection,
  { subject, whenMissing }: { subject: Subject; whenMissing: WhenMissing },
  arrivedAt: string,
  textOf: () => Promise<string>,
): Promise<EntityReport[]> {
  try {
    const text = await textOf();
    // An empty recording: the platform did not know the resource.
    if (text === '') throw new RemoteMissing('The recorded answer was: not found.');
    return readResource(connection, subject, text, { form: 'fetch', at: arrivedAt }).reports;
  } catch (error) {
    if (!(error instanceof RemoteMissing)) throw error;
    return whenMissing === 'deleted' ? [tombstone(subject)] : [];
  }
}

async function fetchText(context: Context, connection: Connection, subject: Subject, calls: number): Promise<string> {
  const api = context.api(connection);
  if (!api || calls >= MOST_FETCHES) throw new NotFetched();
  return (await api.fetch(subject)).text;
}

/** Ends the transaction of a preview. */
class OnlyLooked extends Error {}

async function computeChanges(context: Context, told: readonly Told[]): Promise<PreviewedChange[]> {
  let applied: Applied[] = [];
  const now = context.clock.now().toISOString();
  const applications = told.map(({ delivery, report }) => ({
    connection: delivery.connection,
    platform: delivery.platform,
    report,
    cause: { type: 'replay' as const, id: delivery.id, eventType: delivery.eventType },
    receivedAt: delivery.receivedAt,
  }));
  const look = context.db.write(async (sql) => {
    applied = await applyReports(sql, applications, { now, makeId: context.makeId });
    throw new OnlyLooked();
  });
  await look.catch((error: unknown) => {
    if (!(error instanceof OnlyLooked)) throw error;
  });
  return applied.flatMap(({ effect: { change } }, position) => {
    const one = told[position];
    if (change === null || !one) return [];
    const { kind, externalId } = one.report;
    const { action, lines, diff } = change;
    return [{ deliveryId: one.delivery.id, connection: one.delivery.connection, kind, externalId, action, lines, diff }];
  });
}
