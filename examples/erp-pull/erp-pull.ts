/**
 * A minimal ERP: pulls changes as a consumer, books each exactly once in its own database, sends receipts, acknowledges. It may be killed at any
 * moment: booked changes are recognised by their `changeId`, stored in the same transaction; everything else is simply repeated. It also handles a
 * restored backup of the service: positions then become invalid and are used again, but a `changeId` is never reused.
 */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const { ORDERDOCK_URL = 'http://127.0.0.1:8080', ORDERDOCK_KEY = '', CONSUMER = 'erp', ERP_DB = 'erp.db', PAGE = '100' } = process.env;
const LISTS: Record<string, string> = { order: 'orders', shipment: 'shipments' };

type Change = { cursor: string; changeId: string; kind: string; id: string; version: number };
type Entity = { number: string | null; version: number };
type Receipt = { cursor: string; status: 'booked' | 'rejected'; reference: string | null; reason: string | null };

const erp = new DatabaseSync(ERP_DB);
erp.exec('pragma journal_mode = wal; pragma synchronous = full');
erp.exec('create table if not exists entities (id text primary key, kind text, version integer, bookings integer, state text)');
erp.exec('create table if not exists bookings (no integer primary key, change_id text unique, entity text, status text, reason text)');
const takeIn = erp.prepare('insert into bookings (change_id, entity, status, reason) values (?, ?, ?, ?) on conflict do nothing');
const keepState = erp.prepare(`insert into entities values (?, ?, ?, 1, ?) on conflict (id) do update set bookings = bookings + 1,
  state = excluded.state, version = excluded.version`);
const receiptOf = erp.prepare("select status, 'ERP-' || no as reference, reason from bookings where change_id = ?");

/** An error that a retry cannot fix. */
class Refused extends Error {
  status: number;
  oldest: string | undefined;
  constructor(call: string, status: number, text: string) {
    super(`${call}: ${status} ${text}`);
    this.status = status;
    this.oldest = status === 410 ? (JSON.parse(text) as { oldest?: string }).oldest : undefined;
  }
}

/** Retries until there is a response: no connection, 429 and 5xx are temporary. Any other error is thrown. */
async function call<T>(method: string, path: string, body?: object): Promise<T> {
  for (let waitMs = 200; ; waitMs = Math.min(waitMs * 1.5, 30_000)) {
    const headers = { authorization: `Bearer ${ORDERDOCK_KEY}`, 'content-type': 'application/json' };
    const request = { method, headers, body: body ? JSON.stringify(body) : null, signal: AbortSignal.timeout(60_000) };
    const answer = await fetch(`${ORDERDOCK_URL}/api/v1${path}`, request).catch(() => null);
    const text = await answer?.text().catch(() => null);
    if (answer?.ok && text !== null) return JSON.parse(text ?? 'null') as T;
    if (answer && answer.status < 500 && answer.status !== 429 && !answer.ok)
      throw new Refused(`${method} ${path}`, answer.status, text ?? '');
    await sleep(Math.max(waitMs, Number(answer?.headers.get('retry-after') ?? 0) * 1000));
  }
}

/** Books new changes, all or none, and returns the receipts of the whole page, including those of an interrupted attempt. */
function book(changes: readonly Change[], states: ReadonlyMap<string, Entity>): Receipt[] {
  erp.exec('begin immediate');
  for (const { changeId, kind, id } of changes) {
    const entity = states.get(id) as Entity;
    const reason = entity.number === null ? 'it has no number' : null;
    if (takeIn.run(changeId, id, reason ? 'rejected' : 'booked', reason).changes === 0) continue;
    keepState.run(id, kind, entity.version, JSON.stringify(entity));
  }
  erp.exec('commit');
  return changes.map(({ cursor, changeId }) => ({ cursor, ...receiptOf.get(changeId) }) as unknown as Receipt);
}

/** One page: pull, book, receipt, acknowledge. */
async function pull(): Promise<void> {
  const { data } = await call<{ data: Change[] }>('GET', `/consumers/${CONSUMER}/changes?limit=${PAGE}&wait=30`);
  const cursor = data.at(-1)?.cursor;
  if (cursor === undefined) return;
  console.log(`pulled ${cursor}`);
  const states = new Map<string, Entity>();
  for (const { id, kind } of data) if (!states.has(id)) states.set(id, await call('GET', `/${LISTS[kind] ?? 'records'}/${id}`));
  const receipts = book(data, states);
  console.log(`booked ${cursor}`);
  await call('POST', `/consumers/${CONSUMER}/receipts`, { receipts });
  console.log(`receipted ${cursor}`);
  await call('POST', `/consumers/${CONSUMER}/ack`, { cursor });
  console.log(`acknowledged ${cursor}`);
}

/** The feed no longer has our position: a backup was restored, or retention has passed us. Repeated changes are skipped by changeId. */
async function startOver(refusal: Refused): Promise<void> {
  console.log(`diverged ${refusal.status}`);
  // Missing in the backup: it starts from the beginning. Otherwise it is at the position in the backup, unless that has been deleted.
  if (refusal.status === 404) await call('PUT', `/consumers/${CONSUMER}`);
  else await call('POST', `/consumers/${CONSUMER}/ack`, { cursor: refusal.oldest }).catch((error: unknown) => ignore(error, 409));
}

function ignore(error: unknown, ...statuses: number[]): void {
  if (!(error instanceof Refused && statuses.includes(error.status))) throw error;
}

await call('PUT', `/consumers/${CONSUMER}`);
for (;;) {
  await pull().catch(async (error: unknown) => {
    // 409: a backup was restored between our reading and our acknowledgement, and the consumer has not read that far. It reads it again.
    ignore(error, 404, 409, 410);
    if ((error as Refused).status !== 409) return startOver(error as Refused);
  });
}
