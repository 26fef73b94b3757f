import { type Database, openDatabase as open, type Sql } from '../src/store/engine/database.ts';
import type { Engine, Recording } from './record-tests.ts';
import { functionsIn, senderIn, withoutCounts } from './statement-sender.ts';

// Replaces src/store/engine/database.ts while statements are recorded: see record-statements.ts.
export * from '../src/store/engine/database.ts';

declare global {
  var sentByStore: Recording | undefined;
}

const recorded: Recording = { statements: [], functions: [] };
globalThis.sentByStore = recorded;
const seen = new Set<string>();
// Enough for the functions that have others send their statements.
Error.stackTraceLimit = 40;

export async function openDatabase(url: string): Promise<Database> {
  const db = await open(url);
  return {
    ...db,
    read: recording(db.read),
    alone: recording(db.alone),
    snapshot: (work) => db.snapshot((sql) => work(recording(sql))),
    write: (work) => db.write((sql) => work(recording(sql))),
    change: (prepare, write) =>
      db.change(
        (sql) => prepare(recording(sql)),
        (sql, prepared) => write(recording(sql), prepared),
      ),
  };
}

const recording = (sql: Sql): Sql => ({
  ...sql,
  all(statement, bindings) {
    note(sql.dialect.name, statement);
    return sql.all(statement, bindings);
  },
});

function note(engine: Engine, text: string): void {
  const stack = new Error().stack ?? '';
  const sender = senderIn(stack);
  if (sender === null) return;
  for (const one of functionsIn(stack)) once(`${one.file} ${one.name}`, () => recorded.functions.push(one));
  const statement = withoutCounts(text);
  once(`${engine} ${sender.file} ${sender.name} ${statement}`, () => recorded.statements.push({ engine, ...sender, statement }));
}

function once(key: string, work: () => void): void {
  if (seen.has(key)) return;
  seen.add(key);
  work();
}
