import type { Context } from '../../context.ts';
import type { Connection } from '../../platforms/contract/platform.ts';

/** A figure, and the number of rows it was calculated from. */
export interface Calculated<Figure> {
  figure: Figure;
  rows: number;
}

type Calculate<Result> = (context: Context, connection: Connection) => Promise<Result>;

/** Figures from fewer rows are calculated for every request. */
const FEW_ROWS = 100;
const MS_PER_ROW = 10;

/**
 * Calculates a figure of a connection at most once in ten milliseconds per row that it reads (1000 rows: ten seconds), however often dashboards
 * request it; requests that arrive meanwhile get the last one.
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
