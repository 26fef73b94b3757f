import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../sandbox.ts';
import type { Sender } from '../sender.ts';
import type { ServiceProcess } from '../service-process.ts';
import type { Accepted, FailureInjector } from './failures.ts';
import type { Reader } from './reader.ts';

export interface RestoreStage {
  dataDir: string;
  env: Readonly<Record<string, string>>;
  sandbox: Pick<Sandbox, 'trigger' | 'worlds'>;
  service: ServiceProcess;
  injector: FailureInjector;
  reader: Reader;
  sender: Sender;
  print(text: string): void;
}

const READ_WITHIN_MS = 60_000;

/** The SQLite file of the demo's service; null: its database is PostgreSQL, whose backups the demo leaves to `pg_dump`. */
function databaseFile({ dataDir, env }: Pick<RestoreStage, 'dataDir' | 'env'>): string | null {
  const url = env.DATABASE_URL;
  if (url === undefined) return join(dataDir, 'orderdock.db');
  return url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : null;
}

/**
 * Takes a backup while the service runs, lets the reader book what follows it, kills the service and starts it on the backup: `restore` does the
 * second half. What no list contains is sent again by its platform. Null if the database is not a file.
 */
export async function takeBackup(stage: RestoreStage): Promise<{ restore(): Promise<void> } | null> {
  const { dataDir, service, injector, print } = stage;
  const file = databaseFile(stage);
  if (file === null) {
    print('No backup is restored: the database is PostgreSQL, see docs/deploying.md for pg_dump.');
    return null;
  }
  const backup = join(dataDir, 'backup.db');
  print('Taking a backup of the database while the service runs.');
  const recording = injector.record();
  await rm(backup, { force: true });
  await service.run(['backup', backup]);
  const bookedBefore = stage.reader.counts.booked;
  return {
    async restore() {
      await untilBooked(stage, bookedBefore);
      print('Killing the service and restoring the backup: what came since is gone.');
      await service.kill();
      for (const end of ['', '-wal', '-shm']) await rm(`${file}${end}`, { force: true });
      await copyFile(backup, file);
      await service.start();
      print('The service is running on the restored database.');
      const forgotten = recording.end();
      injector.noteForgotten(forgotten);
      await sendAgain(stage, forgotten);
    },
  };
}

/** The restore must revert something that the reader has booked: if the traffic does not produce it, another event does. */
async function untilBooked({ sandbox, injector, reader }: RestoreStage, before: number): Promise<void> {
  const deadlineMs = performance.now() + READ_WITHIN_MS;
  for (const world of sandbox.worlds) {
    const [first] = world.simulation.history;
    const webhooks = first ? sandbox.trigger(world.connection, first.eventType, first.form) : [];
    for (const webhook of webhooks) injector.deliver(world, webhook);
  }
  while (reader.counts.booked === before) {
    if (performance.now() > deadlineMs) throw new Error('The reader has booked nothing since the backup.');
    await sleep(100);
  }
}

/** In the order in which they were accepted; those that reconciliation finds are left to it. */
async function sendAgain({ sender, print }: RestoreStage, forgotten: readonly Accepted[]): Promise<void> {
  const lost = forgotten.filter((one) => !one.listed);
  if (lost.length > 0) print(`The platforms send ${lost.length} webhook(s) again that no list shows; reconciliation finds the other ones.`);
  for (const { world, webhook } of lost) await sender.send(world.connection, world.platform.retryPolicy, webhook);
}
