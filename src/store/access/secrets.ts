import type { Database } from '../engine/database.ts';

/** One of the service's own secrets, shared by all processes on this database and preserved across restarts; created on first use by `make`. */
export async function readOrCreateSecret(db: Database, name: string, make: () => string): Promise<string> {
  const [known] = await db.read.all<{ value: string }>('select value from secrets where name = ?', [name]);
  if (known) return known.value;
  return db.write(async (sql) => {
    await sql.all('insert into secrets (name, value) values (?, ?) on conflict (name) do nothing', [name, make()]);
    const [row] = await sql.all<{ value: string }>('select value from secrets where name = ?', [name]);
    return row?.value ?? '';
  });
}
