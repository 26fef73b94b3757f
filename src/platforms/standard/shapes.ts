import type { Shape } from '../../domain/entities/drift.ts';

/** Bodies are the sender's own: nothing is known of them beyond the connection's expressions. */
export const shapes: Readonly<Record<string, Shape>> = {};
