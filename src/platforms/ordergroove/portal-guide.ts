import type { OrdergrooveSettings } from './settings.ts';

/** What to enter in Ordergroove Admin, one line each; the verification key is named, not shown. */
export function portalGuide(_settings: OrdergrooveSettings, webhookUrl: string): string[] {
  return [
    'Ordergroove Admin, Developers > Webhooks > Create webhook:',
    `Target URL: ${webhookUrl}`,
    'Event types: all of Subscriber, Subscription, Order, Item and Entitlement (Workflow events are kept and ignored)',
    'Advanced payload settings: leave id, type and the id of the object in place; everything else may be left out',
    'After saving: put the verification key that is shown into webhook.verificationKey of this connection, beside any older one',
    'Enable it only once the service runs with that key: what a disabled or failing webhook misses is not sent again',
  ];
}
