import type { Context } from '../context.ts';
import { type EntityReport, type Subject, subjectText } from '../domain/entities/entity.ts';
import { errorText } from '../domain/outcome.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { countReplayable, type DeliveryCriteria, type Replayable, readLastPosition, readReplayable } from '../store/deliveries/requeue.ts';
import { planReports } from './apply-reports.ts';
import { requireConnection } from './interpret-delivery.ts';
import { type FetchedText, type ResourceSource, readDelivery, readRecording } from './read-delivery.ts';
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
  /** How many deliveries match the filter. */
  number: number;
  changes: readonly PreviewedChange[];
  /** False when more deliveries match than a preview reads, or some could not be read or fetched. */
  complete: boolean;
  /** How many of them the preview has read. */
  compared: number;
  /** The deliveries that would fail again, by error. */
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

/** What replaying would change. Reads and compares in one snapshot of the database: takes no lock and writes nothing. */
export async function previewReplay(context: Context, filter: DeliveryCriteria, fetch: ReplayFetch): Promise<ReplayPreview> {
  const number = await countReplayable(context.db.read, filter);
  const failures = createFailures();
  const { reported, complete, compared } = await readReports(context, filter, fetch, failures);
  const changes = await planChanges(context, reported, failures);
  return { number, changes, complete: complete && failures.list().length === 0, compared, failures: failures.list() };
}

interface Failures {
  add(error: unknown, deliveryId: string): void;
  has(deliveryId: string): boolean;
  list(): PreviewedFailure[];
}

function createFailures(): Failures {
  const byError = new Map<string, PreviewedFailure>();
  const failed = new Set<string>();
  return {
    add(error, deliveryId) {
      // A delivery ends at its first failure.
      if (failed.has(deliveryId)) return;
      failed.add(deliveryId);
      const text = errorText(error);
      const known = byError.get(text) ?? { error: text, count: 0, sampleId: deliveryId };
      known.count++;
      byError.set(text, known);
    },
    has: (deliveryId) => failed.has(deliveryId),
    list: () => [...byError.values()],
  };
}

interface Reported {
  delivery: Replayable;
  report: EntityReport;
}

interface ReadReports extends Pick<ReplayPreview, 'complete' | 'compared'> {
  reported: Reported[];
}

async function readReports(context: Context, filter: DeliveryCriteria, fetch: ReplayFetch, failures: Failures): Promise<ReadReports> {
  const upTo = await readLastPosition(context.db.read);
  const reader = createReader(context, fetch, failures);
  const reported: Reported[] = [];
  let bytes = 0;
  let seen = 0;
  const result = (complete: boolean) => ({ reported, complete, compared: seen - reader.skipped() });
  for (let after = 0; ; ) {
    const deliveries = await readReplayable(context.db.read, filter, { after, upTo, limit: PER_STEP });
    for (const delivery of deliveries) {
      bytes += delivery.body.length;
      seen++;
      reported.push(...(await reader.read(delivery)).map((report) => ({ delivery, report })));
    }
    after = deliveries.at(-1)?.seq ?? upTo;
    if (deliveries.length < PER_STEP) return result(reader.skipped() === 0);
    if (seen >= MOST_DELIVERIES || bytes > MOST_BYTES) return result(false);
  }
}

interface Reader {
  read(delivery: Replayable): Promise<EntityReport[]>;
  /** How many were left out because a preview makes a limited number of calls. */
  skipped(): number;
}

/** The preview makes no further call to the platform for this resource. */
class NotFetched extends Error {}

/** Reads deliveries as processing would; a resource that several of them name is fetched once. */
function createReader(context: Context, fetch: ReplayFetch, failures: Failures): Reader {
  const fetched = new Map<string, Promise<FetchedText>>();
  let skipped = 0;
  const fetchOnce = (connection: Connection, subject: Subject): Promise<FetchedText> => {
    const key = `${connection.name} ${subjectText(subject)}`;
    const text = fetched.get(key) ?? fetchText(context, connection, subject, fetched.size);
    fetched.set(key, text);
    return text;
  };
  const sourceOf = (connection: Connection, { recorded, receivedAt }: Replayable): ResourceSource => ({
    fetch: async (subject) => (fetch === 'recorded' ? readRecording(recorded, receivedAt) : null) ?? fetchOnce(connection, subject),
    // It is not known before the replay whether a deletion will be pending after the delivery: a missing resource changes nothing.
    isDeletedLater: async () => true,
  });
  return {
    skipped: () => skipped,
    async read(delivery) {
      try {
        const connection = requireConnection(context.connections, delivery.connection);
        const reading = await readDelivery(connection, delivery, sourceOf(connection, delivery));
        return reading.result === 'ignored' ? [] : reading.reports;
      } catch (error) {
        if (error instanceof NotFetched) skipped++;
        else failures.add(error, delivery.id);
        return [];
      }
    },
  };
}

async function fetchText(context: Context, connection: Connection, subject: Subject, calls: number): Promise<FetchedText> {
  const api = context.api(connection);
  if (!api || calls >= MOST_FETCHES) throw new NotFetched();
  const requestedAt = context.clock.now().toISOString();
  return { text: (await api.fetch(subject)).text, requestedAt };
}

/** The reports are merged in the order of their deliveries, each into the result of the one before, as the replay itself would. */
async function planChanges(context: Context, reported: readonly Reported[], failures: Failures): Promise<PreviewedChange[]> {
  const applications = reported.map(({ delivery, report }) => ({
    connection: delivery.connection,
    platform: delivery.platform,
    report,
    cause: { type: 'replay' as const, id: delivery.id, eventType: delivery.eventType },
    receivedAt: delivery.receivedAt,
  }));
  const tools = { now: context.clock.now().toISOString(), makeId: context.makeId };
  const onFailure = ({ cause }: { cause: { id: string } }, error: unknown) => failures.add(error, cause.id);
  const { merged } = await context.db.snapshot((sql) => planReports(sql, applications, tools, { onFailure }));
  return merged.flatMap(({ application, effect: { change } }) => {
    if (change === null || failures.has(application.cause.id)) return [];
    const { connection, report, cause } = application;
    const { action, lines, diff } = change;
    return [{ deliveryId: cause.id, connection, kind: report.kind, externalId: report.externalId, action, lines, diff }];
  });
}
