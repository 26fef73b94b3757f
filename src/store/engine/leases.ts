import { isGone } from '../../domain/values/process-name.ts';
import type { Sql } from './database.ts';

export interface Lease {
  name: string;
  owner: string;
  /** ISO 8601 UTC. */
  until: string;
}

/** The owner of the lease, expired or not; null: there is none. */
export async function readLease(sql: Sql, name: string): Promise<Lease | null> {
  const [row] = await sql.all<Lease>('select name, owner, until from leases where name = ?', [name]);
  return row ?? null;
}

/** The owner of a lease (`process` or `process#part`) if its process is known to have exited, as seen by the process `self`; else null. */
export async function findGoneOwner(sql: Sql, name: string, self: string): Promise<string | null> {
  const lease = await readLease(sql, name);
  return lease && isGone(lease.owner.split('#')[0] ?? '', self) ? lease.owner : null;
}

/** Acquires a lease that is free, has expired, or belongs to `gone`: an owner that is known to have exited. False if another owner has it. */
export async function acquireLease(sql: Sql, lease: Lease, now: string, gone: string | null = null): Promise<boolean> {
  const taken = await sql.all(
    `insert into leases (name, owner, until) values (?, ?, ?)
     on conflict (name) do update set owner = excluded.owner, until = excluded.until where leases.until < ? or leases.owner = ? returning name`,
    [lease.name, lease.owner, lease.until, now, gone ?? ''],
  );
  return taken.length === 1;
}

/** Renews a lease; false if another owner has it in the meantime. */
export async function renewLease(sql: Sql, lease: Lease): Promise<boolean> {
  const renewed = await sql.all('update leases set until = ? where name = ? and owner = ? returning name', [
    lease.until,
    lease.name,
    lease.owner,
  ]);
  return renewed.length === 1;
}

export async function releaseLease(sql: Sql, name: string, owner: string): Promise<void> {
  await sql.all('delete from leases where name = ? and owner = ?', [name, owner]);
}

/** Deletes the leases whose names begin with `prefix` and whose owner is known to have exited. */
export async function releaseLeases(sql: Sql, prefix: string, isGone: (owner: string) => boolean): Promise<void> {
  const held = await sql.all<Pick<Lease, 'name' | 'owner'>>('select name, owner from leases where substr(name, 1, ?) = ?', [
    prefix.length,
    prefix,
  ]);
  for (const { name, owner } of held) if (isGone(owner)) await releaseLease(sql, name, owner);
}

const CLOCK_RAN_AHEAD_MS = 3_600_000;

/**
 * Claims one tick of a schedule: true for the first process that requests `tickAt` (ISO 8601), false for all others and for older ticks. A tick
 * that is an hour or more in the future was claimed by a clock that has been set back since.
 */
export async function claimTick(sql: Sql, name: string, tickAt: string): Promise<boolean> {
  const taken = await sql.all(
    `insert into leases (name, owner, until) values (?, ?, ?)
     on conflict (name) do update set owner = excluded.owner, until = excluded.until
       where leases.owner < excluded.owner or leases.owner > ? returning name`,
    [name, tickAt, tickAt, new Date(Date.parse(tickAt) + CLOCK_RAN_AHEAD_MS).toISOString()],
  );
  return taken.length === 1;
}
