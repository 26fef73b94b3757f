import { type Request, type Response, Router } from 'express';
import { type EntityKind, RECORD_KINDS } from '../../domain/entities/entity.ts';
import { parseFeedCursor } from '../../domain/entities/feed-cursor.ts';
import { Refused } from '../../domain/errors.ts';
import { readIsoTime } from '../../domain/values/time.ts';
import { findPosition } from '../../feed/find-position.ts';
import type { Sql } from '../../store/engine/database.ts';
import {
  type EntityFilter,
  type EntityRow,
  listEntities,
  listEntitySizes,
  readEntity,
  readEntityByExternalId,
} from '../../store/entities/list.ts';
import { readHistory } from '../../store/feed/read-changes.ts';
import { readHistorySizes } from '../../store/feed/read-sizes.ts';
import { type Moment, viewAsOf } from '../../views/as-of.ts';
import { CHANGE_COLUMNS } from '../../views/change.ts';
import { type Parts, viewEntities } from '../../views/entity.ts';
import { historyTexts } from '../../views/history.ts';
import type { RoutePorts } from './ports.ts';
import { pathChoice, pathText, queryChoice, queryFlag, queryLimit, queryList, queryText, queryTime } from './query.ts';
import { handlersWith, type Route } from './route.ts';
import { listCursor, readSequenceCursor } from './sending/cursors.ts';
import { cutRows, type ReadRows, type SentRow } from './sending/row-pages.ts';
import { sendResource } from './sending/send-response.ts';
import { sendRows } from './sending/send-rows.ts';

const HEAD_COLUMNS = ['number', 'status', 'currency', 'buyer.id', 'buyer.name', 'supplier.id', 'supplier.name', 'total', 'orderedAt'];
const COLUMNS = ['lastUpdatedAt', 'version', 'deletedAt', 'createdAt', 'updatedAt'];

const PARTS = ['lines', 'documents', 'source'] as const;

type Ports = Pick<RoutePorts, 'context' | 'readSemaphore'>;

/** The routes of orders, shipments and records differ in these two members. */
interface EntityPorts extends Ports {
  list: 'orders' | 'shipments' | 'records';
  kinds: readonly EntityKind[];
}

export const orderRoutes = (ports: Ports): Router => entityRoutes({ ...ports, list: 'orders', kinds: ['order'] });
export const shipmentRoutes = (ports: Ports): Router => entityRoutes({ ...ports, list: 'shipments', kinds: ['shipment'] });
export const recordRoutes = (ports: Ports): Router => entityRoutes({ ...ports, list: 'records', kinds: RECORD_KINDS });

/** List, single, by external id and history: shared by orders, shipments and records. */
function entityRoutes(ports: EntityPorts): Router {
  const handle = handlersWith(ports);
  const router = Router();
  router.get('/', handle(sendEntities));
  router.get(`/by-external/:connection/${ports.kinds.length === 1 ? '' : ':kind/'}:externalId`, handle(sendByExternalId));
  router.get('/:id', handle(sendById));
  router.get('/:id/history', handle(sendHistory));
  return router;
}

const sendEntities: Route<EntityPorts> = async ({ context, readSemaphore, list, kinds }, request, response) => {
  const { db } = context;
  const limit = queryLimit(request);
  const parts = includeParam(request);
  const filter = filterParams(request, kinds);
  const after = readSequenceCursor(list, queryText(request, 'after')) ?? 0;
  const read: ReadRows = async (from, upTo, most) => {
    const range = { after: Number(from), upTo: Number(upTo), limit: most, withSource: parts.source };
    return db.snapshot(async (state) => {
      const rows = await listEntities(state, filter, range);
      return textsOf(rows, await viewEntities(state, rows, parts));
    });
  };
  await sendRows(request, response, readSemaphore, async () => {
    const page = cutRows(String(after), await listEntitySizes(db.read, filter, { after, limit: limit + 1 }, parts), limit, read);
    const next = page.hasMore && page.last !== null ? listCursor(list, [Number(page.last)]) : null;
    return { page, next, columns: columnsOf(list, parts) };
  });
};

const sendByExternalId: Route<EntityPorts> = async (ports, request, response) => {
  const [onlyKind] = ports.kinds.length === 1 ? ports.kinds : [];
  const kind = onlyKind ?? pathChoice(request, 'kind', RECORD_KINDS);
  const [connection, externalId] = [pathText(request, 'connection'), pathText(request, 'externalId')];
  await sendEntity(ports, request, response, (state) => readEntityByExternalId(state, connection, kind, externalId));
};

const sendById: Route<EntityPorts> = async (ports, request, response) => {
  const id = pathText(request, 'id');
  await sendEntity(ports, request, response, (state) => readEntity(state, ports.kinds, id));
};

type FindEntity = (state: Sql) => Promise<EntityRow | null>;

/** Header and lines are read in one snapshot: a response must not combine the header of one version with the lines of the next. */
async function sendEntity({ context, list }: EntityPorts, request: Request, response: Response, find: FindEntity): Promise<void> {
  const asOf = queryText(request, 'asOf');
  const documents = queryFlag(request, 'superseded') ? 'all' : true;
  const { source } = includeParam(request);
  const view = await context.db.snapshot(async (state) => {
    const entity = await find(state);
    if (!entity) throw notFound(list);
    if (asOf !== null) return viewAsOf(state, entity, await readMoment(state, asOf));
    return (await viewEntities(state, [entity], { lines: true, documents, source }))[0];
  });
  await sendResource(request, response, view);
}

const sendHistory: Route<EntityPorts> = async ({ context, readSemaphore, list, kinds }, request, response) => {
  const sql = context.db.read;
  const entity = await readEntity(sql, kinds, pathText(request, 'id'));
  if (!entity) throw notFound(list);
  const limit = queryLimit(request);
  const after = await findPosition(sql, queryText(request, 'after'));
  const read: ReadRows = async (from, upTo, most) =>
    historyTexts(sql, await readHistory(sql, entity.id, { after: from, upTo, limit: most }));
  await sendRows(request, response, readSemaphore, async () => {
    const sizes = await readHistorySizes(sql, entity.id, after.position, limit + 1);
    const page = cutRows(after.position, sizes, limit, read);
    const next = page.hasMore ? (sizes[page.count - 1]?.cursor ?? null) : null;
    return { page, next, columns: [...CHANGE_COLUMNS, 'consumers'] };
  });
};

const notFound = (list: string) => new Refused(404, 'not_found', `There is no entry with this id in ${list}.`);

const filterParams = (request: Request, kinds: readonly EntityKind[]): EntityFilter => {
  const kind = queryChoice(request, 'kind', kinds);
  return {
    ids: queryList(request, 'id'),
    kinds: kind === null ? kinds : [kind],
    connection: queryText(request, 'connection'),
    status: queryText(request, 'status'),
    number: queryText(request, 'number'),
    updatedAfter: queryTime(request, 'updatedAfter'),
  };
};

const textsOf = (rows: readonly EntityRow[], views: readonly object[]): SentRow[] =>
  rows.map(({ seq }, index) => ({ position: String(seq), cursor: String(seq), text: JSON.stringify(views[index]) }));

function includeParam(request: Request): Parts {
  const include = queryList(request, 'include') ?? [];
  return { lines: include.includes('lines'), documents: include.includes('documents'), source: include.includes('source') };
}

function columnsOf(list: string, parts: Parts): string[] {
  const isRecords = list === 'records';
  const requested = (isRecords ? (['source'] as const) : PARTS).filter((part) => parts[part]);
  return ['id', 'connection', 'platform', ...(isRecords ? ['kind'] : []), 'externalId', ...HEAD_COLUMNS, ...COLUMNS, ...requested];
}

/** `asOf`: a feed cursor or a timestamp. */
async function readMoment(sql: Sql, text: string): Promise<Moment> {
  if (parseFeedCursor(text) !== null) return findPosition(sql, text);
  const time = readIsoTime(text);
  if (time === null)
    throw new Refused(400, 'invalid_cursor', `\`asOf\` is neither a feed cursor nor a valid ISO 8601 timestamp: ${text.slice(0, 60)}`);
  return { time };
}
