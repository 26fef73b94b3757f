import type { Json } from '../values/json.ts';

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
  /** The number of differences below `path` that this one represents, beyond the limit of individually stored ones; `before` and `after` are null. */
  count?: number;
}
