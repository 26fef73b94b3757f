import type { Shape } from '../../domain/entities/drift.ts';

/** Bodies differ by sender: nothing is known about them beyond the connection's expressions. */
export const shapes: Readonly<Record<string, Shape>> = {};
