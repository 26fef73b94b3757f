import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { eventJson, lineJson, orderId } from '../life/tradecloud.ts';
import { all, type Posted, type Service } from './service.ts';

/** One sender per order: event after event, each repeated until it was accepted, as a platform does. */
export interface Traffic {
  /** Every event that was answered 202: its message id → delivery ids. */
  accepted: Map<string, string[]>;
  /** Answers so far, of any status. */
  answers: Posted[];
  /** All events have been accepted. */
  done: Promise<void>;
}

const timeOf = (event: number): string => new Date(Date.UTC(2026, 3, 1) + event * 1000).toISOString();

export const eventOf = (order: number, event: number): string => {
  const [number, at] = [`PO${order}`, timeOf(event)];
  return eventJson({
    number,
    at,
    messageId: `m-${order}-${event}`,
    lines: [lineJson(number, { position: '0010', at, quantity: `${event}` })],
  });
};

/** `services` are tried in turn; `both`: each event is sent to all of them at once. */
export function sendTraffic(services: readonly Service[], orders: number, events: number, both = false): Traffic {
  const traffic: Traffic = { accepted: new Map(), answers: [], done: Promise.resolve() };
  const sendEvent = async (order: number, event: number): Promise<void> => {
    const body = eventOf(order, event);
    for (let attempt = 0; attempt < 4000; attempt++) {
      const targets = both ? services : [services[(order + attempt) % services.length] as Service];
      const answers = await Promise.all(targets.map((service) => service.post(body)));
      traffic.answers.push(...answers);
      for (const { status, deliveryId } of answers) {
        assert.ok([0, 200, 202, 503].includes(status), `answered ${status}`);
        if (status === 202)
          traffic.accepted.set(`m-${order}-${event}`, [...(traffic.accepted.get(`m-${order}-${event}`) ?? []), String(deliveryId)]);
      }
      if (answers.some(({ status }) => status === 200 || status === 202)) return;
      await pause(50);
    }
    assert.fail(`m-${order}-${event} was never taken`);
  };
  const sendOrder = async (order: number): Promise<void> => {
    for (let event = 1; event <= events; event++) await sendEvent(order, event);
  };
  traffic.done = Promise.all(Array.from({ length: orders }, (_, order) => sendOrder(order))).then(() => {});
  return traffic;
}

/** Every event is stored once, applied once, in order and without a gap; everything accepted was kept. */
export async function proveAll(service: Service, traffic: Traffic, orders: number, events: number): Promise<void> {
  const deliveries = (await all(service, '/deliveries')).filter((one) => String(one.eventId).startsWith('m-'));
  const byEvent = Map.groupBy(deliveries, (one) => String(one.eventId));
  assert.equal(byEvent.size, orders * events);
  for (const [event, found] of byEvent) {
    assert.deepEqual([found.length, found[0]?.state, found[0]?.conflict], [1, 'done', false], event);
    assert.equal(found[0]?.changes.length, 1, `${event} has its effect once`);
  }
  for (const [event, ids] of traffic.accepted) {
    assert.deepEqual(ids, [byEvent.get(event)?.[0]?.id], `${event} was accepted once, and is there`);
  }
  const entries = (await all(service, '/changes')).filter((one) => one.externalId.startsWith(orderId('PO')));
  const changes = Map.groupBy(entries, (one) => String(one.externalId));
  assert.equal(changes.size, orders);
  for (const [externalId, own] of changes) {
    assert.deepEqual(
      own.map((one) => one.version),
      Array.from({ length: events }, (_, at) => at + 1),
      externalId,
    );
  }
  const last = await service.get(`/orders/by-external/acme/${orderId('PO0')}`);
  assert.equal(last.lines[0].quantity, `${events}`);
  assert.equal((await service.get('/invariants')).violations, 0);
}
