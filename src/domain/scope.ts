/** What a limited API key may access; everything else does not exist for it. */
export interface Scope {
  /** Null: all. */
  connections: readonly string[] | null;
  /** Null: all. */
  consumers: readonly string[] | null;
}

/** The limits given to a key when it was created. */
export type KeyLimits = Scope;

export const NO_LIMITS: KeyLimits = { connections: null, consumers: null };

/** A key limited to connections but not to consumers may use the consumer of its own name. Null: the key is not limited. */
export function scopeOf(keyName: string, { connections, consumers }: KeyLimits): Scope | null {
  if (connections === null && consumers === null) return null;
  return { connections, consumers: consumers ?? [keyName] };
}

/** Whether a key with this name and these limits can access nothing outside `scope`; null: no limits. */
export function isWithin(scope: Scope | null, key: KeyLimits & { name: string }): boolean {
  if (scope === null) return true;
  const reach = scopeOf(key.name, key);
  return reach !== null && isSubset(reach.connections, scope.connections) && isSubset(reach.consumers, scope.consumers);
}

const isSubset = (names: readonly string[] | null, of: readonly string[] | null): boolean =>
  of === null || (names?.every((name) => of.includes(name)) ?? false);
