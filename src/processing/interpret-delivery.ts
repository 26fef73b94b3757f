import { OrderdockError } from '../domain/errors.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { Interpretation } from '../platforms/contract/webhook.ts';
import type { ClaimedDelivery } from '../store/deliveries/claim.ts';

/** What a stored delivery tells: its platform's own reading. Throws what the platform throws; a fault of ours is no verdict on the body. */
export function interpretDelivery(connection: Connection | undefined, delivery: ClaimedDelivery): Interpretation {
  if (!connection) throw new OrderdockError('connection_unknown', `No connection is called ${delivery.connection} any more.`);
  return connection.platform.interpret(delivery, connection.settings);
}
