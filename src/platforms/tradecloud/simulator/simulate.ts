import type { Simulation, SimulationOptions } from '../../contract/simulation.ts';
import type { TradecloudSettings } from '../settings.ts';
import { createApi } from './api.ts';
import { triggerEvent } from './events.ts';
import { createIssuer } from './issuer.ts';
import { orderJson, shipmentJson } from './json.ts';
import { makeWebhook, readForm } from './webhook.ts';
import { createWorld } from './world.ts';

const HISTORY = [
  { eventType: 'OrderIssuedByBuyer' },
  { eventType: 'OrderLinesAcceptedBySupplier', form: 'json:bearer' },
  { eventType: 'OrderChangesProposedBySupplier' },
  { eventType: 'OrderChangesProposalApprovedByBuyer', form: 'get' },
  { eventType: 'OrderDocumentsAttachedByBuyer' },
  { eventType: 'OrderIssuedByBuyer', form: 'xml' },
  { eventType: 'OrderLinesConfirmedBySupplier', form: 'xml:oauth2' },
  { eventType: 'ShipmentIssuedBySupplier' },
  { eventType: 'ShipmentDocumentAttachedBySupplier', form: 'json:header' },
  { eventType: 'OrderLinesShippedByBuyer' },
  { eventType: 'OrderIssuedByBuyer', form: 'single' },
  { eventType: 'OrderLinesReissuedByBuyer', form: 'single' },
  { eventType: 'ShipmentApprovedByBuyer', form: 'get-query' },
] as const;

/** Simulates Tradecloud. The API and the webhooks share one world. */
export function simulate(settings: TradecloudSettings, tools: SimulationOptions): Simulation {
  const world = createWorld(tools);
  const issuer = createIssuer(settings, tools);
  return {
    answer: createApi(world, settings, issuer),
    emit(eventType, formText) {
      const form = readForm(formText, settings);
      const single = form.name === 'single' || form.name === 'simple';
      return [makeWebhook({ world, settings, issuer }, triggerEvent(world, eventType, single), eventType, form)];
    },
    history: HISTORY,
    resources: () => [
      ...[...world.orders.values()].map((order) => ({
        subject: { kind: 'order' as const, externalId: order.id },
        text: JSON.stringify(orderJson(order, order.lines, 'id', order.single)),
      })),
      ...[...world.shipments.values()].map((shipment) => ({
        subject: { kind: 'shipment' as const, externalId: shipment.id },
        text: JSON.stringify(shipmentJson(shipment)),
      })),
    ],
  };
}
