import { OrderdockError } from '../../domain/errors.ts';

/** Something that a registration created at the platform, and how to remove it. */
export interface Made {
  name: string;
  remove(): Promise<unknown>;
}

/** Removes what was created, last first, and throws `error`; its message names anything that could not be removed. */
export async function undo(made: readonly Made[], error: unknown): Promise<never> {
  const left: string[] = [];
  for (const { name, remove } of made.toReversed()) {
    await remove().catch(() => left.push(name));
  }
  if (left.length === 0) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  throw new OrderdockError('half_registered', `${reason}. Left at the platform: ${left.join(', ')}`, { cause: error });
}
