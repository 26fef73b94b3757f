/** An order event of `lineCount` lines; two are about 2 kB, five about 4 kB. Every `id` is a separate order. */
export function sampleEvent(id: string, lineCount = 5): string {
  const at = '2026-02-01T10:00:00.000Z';
  const price = { priceInTransactionCurrency: { value: 1.25, currencyIso: 'EUR' } };
  const line = (_: unknown, index: number) => {
    const position = String(index + 1).padStart(4, '0');
    return {
      id: `3f0b54a1-0d5c-4c9b-9d6e-1a2b3c4d5e6f-PO${id}-${position}`,
      buyerLine: {
        position,
        description: 'Gasket, 60 mm, nitrile',
        item: { number: `GA-${position}`, name: 'Gasket 60', purchaseUnitOfMeasureIso: 'PCE' },
      },
      supplierLine: { salesOrderNumber: 'SO-4411', description: 'Gasket NBR 60' },
      deliverySchedule: [{ position: '1', date: '2026-03-01', quantity: 120, status: 'Open' }],
      deliveryScheduleIncludingRequests: [{ position: '1', date: '2026-03-01', quantity: 120, status: 'Open' }],
      prices: { grossPrice: price, netPrice: price, priceUnitOfMeasureIso: 'PCE', priceUnitQuantity: 100 },
      status: { processStatus: 'Confirmed', logisticsStatus: 'Open' },
      lastUpdatedAt: at,
    };
  };
  return JSON.stringify({
    eventName: 'OrderLinesAcceptedBySupplier',
    meta: { messageId: `m${id}`, source: { traceId: `t${id}`, companyId: 'c-1' }, createdDateTime: at },
    orderEvent: {
      orderId: `3f0b54a1-0d5c-4c9b-9d6e-1a2b3c4d5e6f-PO${id}`,
      buyerOrder: { companyId: '3f0b54a1-0d5c-4c9b-9d6e-1a2b3c4d5e6f', purchaseOrderNumber: `PO${id}`, description: 'Spare parts' },
      supplierOrder: { companyId: '9b2c7a10-77aa-4e0b-8d11-0c0ffee00001' },
      status: { processStatus: 'Confirmed', logisticsStatus: 'Open' },
      lines: Array.from({ length: lineCount }, line),
      version: 3,
      lastUpdatedAt: at,
    },
  });
}

export const SAMPLE_CREDENTIALS = { username: 'bench', password: 'bench-password' };

export const SAMPLE_CONNECTION = 'bench';

export const sampleConnections = (): string => `connections:
  ${SAMPLE_CONNECTION}:
    platform: tradecloud
    webhook: { auth: [ { basic: { username: ${SAMPLE_CREDENTIALS.username}, password: ${SAMPLE_CREDENTIALS.password} } } ] }
    reconcile: { schedule: false }
`;
