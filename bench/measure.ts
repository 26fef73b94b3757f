import { type Drain, measureDrain, measureWorkers, type Workers } from './drain.ts';
import { type EndToEnd, measureEndToEnd } from './end-to-end.ts';
import type { Engine } from './engine.ts';
import { type Intake, measureIntake } from './intake.ts';
import { type Large, measureLarge } from './large.ts';
import { type Latency, measureLatency } from './latency.ts';
import { type AtRest, measureAtRest } from './rest.ts';
import { measureStored, type Stored } from './stored.ts';

export interface Figures {
  endToEnd?: EndToEnd;
  intake?: Intake;
  drain?: Drain;
  latency?: Latency[];
  workers?: Workers[];
  stored?: Stored;
  atRest?: AtRest;
  large?: Large;
}
export type Part = keyof Figures;

/** How much is measured. */
export interface Extent {
  orders: number;
  rounds: number;
  seconds: number;
  restAfterSeconds: number;
  restSeconds: number;
  workers: readonly number[];
  held: number;
}

export const FULL: Extent = {
  orders: 10_000,
  rounds: 5,
  seconds: 6,
  restAfterSeconds: 35,
  restSeconds: 20,
  workers: [1, 2, 4],
  held: 1_000_000,
};
/** Shows that everything works, and says nothing of speed. */
export const SHORT: Extent = { orders: 400, rounds: 1, seconds: 1, restAfterSeconds: 0, restSeconds: 1, workers: [1, 2], held: 10_000 };

export const PARTS: readonly Part[] = ['endToEnd', 'intake', 'drain', 'latency', 'workers', 'stored', 'atRest'];

/** Measures these parts on one engine, one after the other; `tell` hears of each that begins. */
export async function measure(engine: Engine, parts: readonly Part[], extent: Extent, tell: (part: Part) => void): Promise<Figures> {
  const figures: Figures = {};
  const wanted = (part: Part): boolean => {
    if (!parts.includes(part)) return false;
    tell(part);
    return true;
  };
  if (wanted('endToEnd')) figures.endToEnd = await measureEndToEnd(engine, extent.orders * 2);
  if (wanted('intake')) figures.intake = await measureIntake(engine, extent.rounds, extent.seconds);
  if (wanted('drain')) figures.drain = await measureDrain(engine, extent.orders);
  if (wanted('latency')) {
    figures.latency = [await measureLatency(engine, 1, extent.seconds)];
    if (engine.name === 'postgres') figures.latency.push(await measureLatency(engine, 2, extent.seconds));
  }
  // SQLite is a file: its database cannot be far away.
  if (engine.name === 'postgres' && wanted('workers')) figures.workers = await measureWorkers(engine, extent.orders, extent.workers);
  if (wanted('stored')) figures.stored = await measureStored(engine, extent.orders);
  if (wanted('atRest')) figures.atRest = await measureAtRest(engine, extent.restAfterSeconds, extent.restSeconds);
  if (wanted('large')) figures.large = await measureLarge(engine, extent.held, extent.orders);
  return figures;
}
