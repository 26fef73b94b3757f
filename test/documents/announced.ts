import type { Context } from '../../src/context.ts';
import type { Alert } from '../../src/domain/alert.ts';
import type { DocumentReport } from '../../src/domain/entities/entity.ts';
import type { EntityState } from '../../src/domain/entities/entity-state.ts';
import type { OpenedDocument, PlatformApi } from '../../src/platforms/contract/api.ts';
import { type DocumentRow, readDocumentsOf } from '../../src/store/documents/list.ts';
import { upsertDocuments } from '../../src/store/documents/upsert.ts';
import { packEntities, readStates, upsertEntities } from '../../src/store/entities/states.ts';

const ORDER: EntityState = {
  id: 'order-1',
  connection: 'toy',
  platform: 'toy',
  kind: 'order',
  externalId: 'PO-7',
  header: { number: 'PO-7', status: null, currency: null, buyer: null, supplier: null, total: null, orderedAt: null },
  source: null,
  sourceForm: null,
  sourceLines: null,
  lastUpdatedAt: null,
  comparedAt: null,
  version: 1,
  deletedAt: null,
  createdAt: '2026-03-01T08:00:00.000Z',
  updatedAt: '2026-03-01T08:00:00.000Z',
  lines: new Map(),
  documents: new Map(),
};

/** Announces documents of one order, as the apply step does: by object id (`key`) unless specified otherwise. */
export async function announce(context: Context, ...documents: (Partial<DocumentReport> & { key: string })[]): Promise<void> {
  const at = context.clock.now().toISOString();
  await context.db.write(async (sql) => {
    const [stored] = (await readStates(sql, [ORDER])).values();
    await upsertEntities(sql, await packEntities([{ image: ORDER, revision: stored?.revision ?? 0 }]));
    await upsertDocuments(
      sql,
      documents.map((document) => ({
        image: ORDER,
        document: { id: `doc-${document.key}`, announced: { ...REPORT, objectId: document.key, ...document }, ...CURRENT },
      })),
      at,
    );
  });
}

const CURRENT = { supersededBy: null, removedAt: null, toFetch: true };

const REPORT: DocumentReport = {
  key: '',
  name: 'terms.pdf',
  objectId: null,
  url: null,
  code: null,
  revision: null,
  type: null,
  description: null,
  line: null,
  lastUpdatedAt: null,
};

export async function documentOf(context: Context, key: string): Promise<DocumentRow> {
  const found = (await readDocumentsOf(context.db.read, [ORDER.id])).find((document) => document.id === `doc-${key}`);
  if (!found) throw new Error(`no document ${key}`);
  return found;
}

export interface WatchedContext {
  context: Context;
  opened: Alert[];
  closed: string[];
}

/** The context with a platform API that only opens documents, and with recorded alerts. */
export function withDocuments(
  context: Context,
  openDocument: (document: { objectId: string | null }) => Promise<OpenedDocument>,
): WatchedContext {
  const opened: Alert[] = [];
  const closed: string[] = [];
  const api: PlatformApi = {
    fetch: () => Promise.reject(new Error('not asked for')),
    streams: [],
    changesSince: () => Promise.reject(new Error('not asked for')),
    check: async () => [],
    circuit: () => 'closed',
    openDocument,
  };
  const alerts = { open: (alert: Alert) => void opened.push(alert), update: () => {}, close: (code: string) => void closed.push(code) };
  return { context: { ...context, api: () => api, alerts }, opened, closed };
}
