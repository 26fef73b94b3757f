import { setTimeout as sleepMs } from 'node:timers/promises';
import type { Random } from '../../domain/clock.ts';
import type { Sandbox } from '../sandbox.ts';
import type { ServiceProcess } from '../service-process.ts';
import type { World } from '../world.ts';
import type { Incidents } from './conclude.ts';
import { dateInFuture } from './future-rows.ts';
import { type RestoreStage, takeBackup } from './restore.ts';

export interface FaultSchedule extends RestoreStage {
  sandbox: Sandbox;
  random: Random;
  seconds: number | null;
  listedKinds(world: World): ReadonlySet<string>;
}

interface Pace {
  rest(ms: number): Promise<unknown>;
  isOver(): boolean;
}

interface Step {
  /** The part of a round that passes before it. */
  after: number;
  once?: true;
  take(): Promise<void>;
}

/**
 * One round of faults, and another one after it if the demo has no length; then a round takes a minute. Killing and restoring happen in the first one
 * only. Ends early when it is over.
 */
export async function injectFaults(stage: FaultSchedule, { rest, isOver }: Pace): Promise<Incidents> {
  const roundMs = (stage.seconds ?? 60) * 1000;
  const done: Incidents = { kills: 0, outages: 0, futureRows: 0, restores: 0 };
  const steps = stepsOf(stage, done, () => rest(Math.min(10_000, roundMs * 0.15)));
  for (let round = 0; round === 0 || stage.seconds === null; round++) {
    let passed = 0;
    for (const { after, once, take } of steps) {
      await rest(roundMs * (after - passed));
      if (isOver()) return done;
      if (!once || round === 0) await take();
      passed = after;
    }
    await rest(roundMs * (1 - passed));
    if (isOver()) return done;
  }
  return done;
}

function stepsOf(stage: FaultSchedule, done: Incidents, outage: () => Promise<unknown>): Step[] {
  const { sandbox, service, print } = stage;
  let backup: Awaited<ReturnType<typeof takeBackup>> = null;
  return [
    {
      after: 0.2,
      async take() {
        print('Dating one row 2099 on every platform that has lists and times.');
        done.futureRows += dateInFuture(sandbox, stage.listedKinds, stage.random);
      },
    },
    {
      after: 0.3,
      async take() {
        done.outages++;
        print("The platforms' APIs are down.");
        sandbox.simulators.setOutage(true);
        await outage();
        sandbox.simulators.setOutage(false);
        print("The platforms' APIs are up again.");
      },
    },
    {
      after: 0.5,
      once: true,
      async take() {
        done.kills++;
        await killService(service, print);
      },
    },
    {
      after: 0.6,
      once: true,
      async take() {
        backup = await takeBackup(stage);
      },
    },
    {
      after: 0.75,
      once: true,
      async take() {
        if (backup === null) return;
        done.restores++;
        await backup.restore();
      },
    },
  ];
}

async function killService(service: ServiceProcess, print: (text: string) => void): Promise<void> {
  print('Killing the service (SIGKILL).');
  await service.kill();
  await sleepMs(1500);
  await service.start();
  print('The service is running again.');
}
