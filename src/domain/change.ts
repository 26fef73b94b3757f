import type { EntityKind } from './entity.ts';
import type { Json } from './json.ts';

export type ChangeAction = 'created' | 'updated' | 'deleted';

export interface Cause {
  type: 'delivery' | 'reconcile' | 'replay';
  id: string;
  eventType: string | null;
}

/** One difference, named by a path such as `/lines/0001/quantity`. */
export interface Difference {
  path: string;
  before: Json;
  after: Json;
}

/** One entry of the feed: an entity went from version n-1 to `version`, and why. */
export interface Change {
  cursor: string;
  at: string;
  connection: string;
  kind: EntityKind;
  action: ChangeAction;
  id: string;
  externalId: string;
  version: number;
  /** The lines this change touched: position, or external id where the position is empty. */
  lines: string[];
  diff: Difference[];
  cause: Cause;
}
