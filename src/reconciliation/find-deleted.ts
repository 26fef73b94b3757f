import { type Subject, subjectText } from '../domain/entities/entity.ts';
import { PermanentFailure, RemoteFailure, RemoteMissing } from '../domain/errors.ts';
import type { ListStream } from '../platforms/contract/api.ts';
import { readResource } from '../processing/interpret-delivery.ts';
import { tombstone } from '../processing/read-delivery.ts';
import { readKnown } from '../store/entities/read-known.ts';
import { applyListed, endsRun, type ListedResource, noteFailure } from './process-page.ts';
import { isPermanentFailure, withRetry } from './retry.ts';
import type { ActiveRun } from './run-lease.ts';

const PER_STEP = 500;
/** How many resources missing from a list one run fetches. */
const MAX_FETCHES = 100;

/**
 * A resource missing from a complete list may be deleted. Lists can be incomplete themselves, so each missing resource is fetched, and
 * only one that the platform does not know (404) is marked as deleted.
 */
export async function markDeleted(run: ActiveRun, stream: ListStream, seen: ReadonlySet<string>, readFrom: string): Promise<void> {
  const query = { connection: run.connection.name, kinds: stream.kinds, before: readFrom, limit: PER_STEP };
  let left = MAX_FETCHES;
  for (let after = 0; left > 0; ) {
    const known = await readKnown(run.context.db.read, { ...query, after });
    for (const subject of known.filter((one) => !seen.has(subjectText(one))).slice(0, left)) {
      left -= 1;
      const fetched = await fetchUnlisted(run, subject);
      if (fetched === 'none of its kind') return;
      if (fetched === 'not this one') continue;
      await applyListed(run, [fetched], run.context.clock.now().toISOString());
    }
    if (known.length < PER_STEP) return;
    after = known.at(-1)?.seq ?? after;
  }
}

/** What cannot be fetched: its absence from the list then proves nothing. */
type NotFetchable = 'none of its kind' | 'not this one';

async function fetchUnlisted(run: ActiveRun, { kind, externalId }: Subject): Promise<ListedResource | NotFetchable> {
  const subject = { kind, externalId };
  try {
    const requestedAt = run.context.clock.now().toISOString();
    const { text } = await withRetry(run, () => run.api.fetch(subject, 'reconcile'));
    return { record: { subject, text }, ...readResource(run.connection, subject, text, { form: 'fetch', at: requestedAt }) };
  } catch (error) {
    if (error instanceof RemoteMissing) return { record: { subject, text: '' }, reports: [tombstone(subject)], drift: [] };
    const reason = notFetchable(error);
    if (reason !== null) return reason;
    if (endsRun(error)) throw error;
    noteFailure(run, { subject }, error);
    return { record: { subject, text: '' }, reports: null, drift: [] };
  }
}

/** The API has no call for such a resource, we have no permission, or the id cannot be part of an address; null for any other failure. */
function notFetchable(error: unknown): NotFetchable | null {
  if (error instanceof RemoteFailure) return isPermanentFailure(error) ? 'none of its kind' : null;
  if (!(error instanceof PermanentFailure)) return null;
  if (error.code === 'kind_not_fetchable') return 'none of its kind';
  return error.code === 'id_not_addressable' ? 'not this one' : null;
}
