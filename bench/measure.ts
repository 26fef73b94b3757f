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

/** The size of a measurement. */
export interface Extent {
  orders: number;
  rounds: number;
  seconds: number;
  latencySeconds: number;
  restAfterSeconds: number;
  restSeconds: number;
  workers: readonly number[];
  held: number;
}

export const FULL: Extent = {
  orders: 10_000,
  rounds: 5,
  seconds: 6,
  latencySeconds: 20,
  restAfterSeconds: 35,
  restSeconds: 20,
  workers: [1, 2, 4],
  held: 1_000_000,
};
/** Only shows that everything works; it does not measure speed. */
export const SHORT: Extent = {
  orders: 400,
  rounds: 1,
  seconds: 1,
  latencySeconds: 1,
  restAfterSeconds: 0,
  restSeconds: 1,
  workers: [1, 2],
  held: 10_000,
};

export const PARTS: readonly Part[] = ['endToEnd', 'intake', 'drain', 'latency', 'workers', 'stored', 'atRest'];

/** Measures one part on one engine. */
export async function measure(engine: Engine, part: Part, extent: Extent): Promise<Figures> {
  switch (part) {
    case 'endToEnd':
      return { endToEnd: await measureEndToEnd(engine, extent.orders * 2) };
    case 'intake':
      return { intake: await measureIntake(engine, extent.rounds, extent.seconds) };
    case 'drain':
      return { drain: await measureDrain(engine, extent.orders) };
    case 'latency':
      return { latency: await measureLatencies(engine, extent.latencySeconds) };
    case 'workers':
      // SQLite is a file: its database cannot be remote.
      return engine.name === 'sqlite' ? {} : { workers: await measureWorkers(engine, extent.orders, extent.workers) };
    case 'stored':
      return { stored: await measureStored(engine, extent.orders) };
    case 'atRest':
      return { atRest: await measureAtRest(engine, extent.restAfterSeconds, extent.restSeconds) };
    case 'large':
      return { large: await measureLarge(engine, extent.held, extent.orders) };
  }
}

async function measureLatencies(engine: Engine, seconds: number): Promise<Latency[]> {
  const one = await measureLatency(engine, 1, seconds);
  return engine.name === 'sqlite' ? [one] : [one, await measureLatency(engine, 2, seconds)];
}
