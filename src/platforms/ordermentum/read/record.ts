import type { EntityReport, Header } from '../../../domain/entities/entity.ts';
import { decimalText } from '../../../domain/values/decimal.ts';
import type { JsonObject } from '../../../domain/values/json.ts';
import { isReported } from '../../../domain/values/time.ts';
import type { OrdermentumKind } from '../events.ts';
import { firstText, firstTime, isDeleted, readBuyer, readLastUpdated, readSupplier } from './members.ts';

type RecordKind = Exclude<OrdermentumKind, 'order'>;

/** An invoice, credit note or purchaser; a summary or thin event is marked partial. */
export function readRecord(kind: RecordKind, externalId: string, record: JsonObject): EntityReport {
  return {
    kind,
    externalId,
    ...readLastUpdated(record),
    header: readHeader[kind](record),
    lines: [],
    linesComplete: false,
    documents: null,
    deleted: isDeleted(record),
    ...(isWholeRecord(kind, record) ? {} : { partial: true }),
    source: record,
    sourceLines: null,
  };
}

// Members of every detail that no documented summary or thin event has (docs of 2019 and 2026).
const wholeMembers: Record<RecordKind, readonly string[]> = {
  invoice: ['supplierId', 'orders', 'orderIds'],
  'credit-note': ['supplierId', 'purchaserId', 'lineItems'],
  purchaser: ['name', 'retailerId', 'supplierId'],
};

export const isWholeRecord = (kind: RecordKind, record: JsonObject): boolean =>
  wholeMembers[kind].some((member) => Object.hasOwn(record, member));

const readHeader: Record<RecordKind, (record: JsonObject) => Header> = {
  invoice: (invoice) => ({
    ...readPaper(invoice),
    status: firstText(invoice, 'status', 'paymentStatus') ?? (isReported(invoice.cancelledAt) ? 'Cancelled' : null),
  }),
  'credit-note': (note) => ({ ...readPaper(note), status: firstText(note, 'status') ?? creditNoteStage(note) }),
  purchaser: (purchaser) => ({
    number: firstText(purchaser, 'reference', 'externalCustomerId'),
    status: firstText(purchaser, 'status') ?? (purchaser.archived === true ? 'Archived' : purchaser.disabled === true ? 'Disabled' : null),
    currency: null,
    buyer: {
      id: firstText(purchaser, 'id'),
      name: firstText(purchaser, 'name', 'retailerTradingName', 'retailerAlias', 'retailerLegalName'),
    },
    supplier: readSupplier(purchaser),
    total: null,
    orderedAt: null,
  }),
};

const readPaper = (paper: JsonObject): Omit<Header, 'status'> => ({
  number: firstText(paper, 'number'),
  currency: null,
  buyer: readBuyer(paper),
  supplier: readSupplier(paper),
  total: decimalText(paper.total),
  orderedAt: firstTime(paper, 'date', 'createdAt'),
});

function creditNoteStage(note: JsonObject): string | null {
  if (isReported(note.cancelledAt)) return 'Cancelled';
  return isReported(note.completedAt) ? 'Completed' : null;
}
