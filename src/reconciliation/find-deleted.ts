import { type Subject, subjectText } from '../domain/entities/entity.ts';
import { RemoteFailure, RemoteMissing } from '../domain/errors.ts';
import type { ListStream } from '../platforms/contract/api.ts';
import { readResource } from '../processing/interpret-delivery.ts';
import { tombstone } from '../processing/read-delivery.ts';
import { readKnown } from '../store/entities/read-known.ts';
import { applyListed, type ListedResource } from './process-page.ts';
import { isPermanentFailure, withRetry } from './retry.ts';
import type { ActiveRun } from './run-lease.ts';

const PER_STEP = 500;
/** Resources that one run asks for because its list did not have them. */
const MOST_ASKED = 100;

/**
 * A list that is read whole tells by its silence what is gone. A list may have holes of its own, so each resource that it did not have is
 * asked for, and only one that the platform does not know (404) is marked deleted.
 */
export async function markDeleted(run: ActiveRun, stream: ListStream, seen: ReadonlySet<string>, readFrom: string): Promise<void> {
  const asked = { connection: run.connection.name, kinds: stream.kinds, before: readFrom, limit: PER_STEP };
  let left = MOST_ASKED;
  for (let after = 0; left > 0; ) {
    const held = await readKnown(run.context.db.read, { ...asked, after });
    for (const subject of held.filter((one) => !seen.has(subjectText(one))).slice(0, left)) {
      left -= 1;
      const told = await askFor(run, subject);
      if (told === 'not to be asked') return;
      await applyListed(run, [told], run.context.clock.now().toISOString());
    }
    if (held.length < PER_STEP) return;
    after = held.at(-1)?.seq ?? after;
  }
}

async function askFor(run: ActiveRun, { kind, externalId }: Subject): Promise<ListedResource | 'not to be asked'> {
  const subject = { kind, externalId };
  try {
    const askedAt = run.context.clock.now().toISOString();
    const { text } = await withRetry(run, () => run.api.fetch(subject, 'reconcile'));
    return { record: { subject, text }, ...readResource(run.connection, subject, text, { form: 'fetch', at: askedAt }) };
  } catch (error) {
    if (error instanceof RemoteMissing) return { record: { subject, text: '' }, reports: [tombstone(subject)], drift: [] };
    // There is no way to ask for one of these, or no right to: then its absence proves nothing.
    if (error instanceof RemoteFailure && isPermanentFailure(error)) return 'not to be asked';
    throw error;
  }
}
