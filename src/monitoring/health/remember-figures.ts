import type { Context } from '../../context.ts';
import type { Connection } from '../../platforms/contract/platform.ts';

/** A figure, and from how many rows it was calculated. */
export interface Calculated<Figure> {
  figure: Figure;
  rows: number;
}

type Calculate<Result> = (context: Context, connection: Connection) => Promise<Result>;

/** Figures of fewer rows are calculated for every request. */
const FEW_ROWS = 100;
const MS_PER_ROW = 10;

/**
 * Calculates a figure of a connection at most once in ten milliseconds for each row that it takes (1000 rows: ten seconds), however often
 * dashboards ask for it; requests that arrive meanwhile get the last one.
 */
export function rememberFigure<Figure>(calculate: Calculate<Calculated<Figure>>): Calculate<Figure> {
  const remembered = new WeakMap<Context['db'], Map<string, { figure: Figure; atMs: number; lastsMs: number }>>();
  return async (context, connection) => {
    const nowMs = context.clock.now().getTime();
    const known = remembered.get(context.db) ?? new Map();
    remembered.set(context.db, known);
    const last = known.get(connection.name);
    if (last && nowMs >= last.atMs && nowMs < last.atMs + last.lastsMs) return last.figure;
    const { figure, rows } = await calculate(context, connection);
    known.set(connection.name, { figure, atMs: nowMs, lastsMs: rows < FEW_ROWS ? 0 : rows * MS_PER_ROW });
    return figure;
  };
}
