import { type Database, openDatabase as open, type Sql } from '../src/store/engine/database.ts';
import { type Recorded, senderIn, withoutCounts } from './statements.ts';

// Replaces src/store/engine/database.ts while statements are recorded: see record-statements.ts.
export * from '../src/store/engine/database.ts';

declare global {
  var recordedStatements: Recorded[] | undefined;
}

const recorded: Recorded[] = [];
globalThis.recordedStatements = recorded;
const seen = new Set<string>();

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

function note(engine: Recorded['engine'], text: string): void {
  const statement = withoutCounts(text);
  const sender = senderIn(new Error().stack ?? '');
  const key = `${engine} ${sender?.file} ${sender?.name} ${statement}`;
  if (sender === null || seen.has(key)) return;
  seen.add(key);
  recorded.push({ engine, ...sender, statement });
}
