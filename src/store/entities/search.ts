import type { EntityKind, Header } from '../../domain/entities/entity.ts';
import { trigramsOf } from '../../domain/values/trigrams.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { type Condition, equals, inScope, isOneOf, likeText, unindexed, where } from '../engine/where.ts';
import { toHeader } from './content-values.ts';
import type { EntityColumns } from './row.ts';

/** An order, shipment or record as a search finds it. */
export interface FoundEntity {
  id: string;
  connection: string;
  kind: EntityKind;
  externalId: string;
  header: Header;
  version: number;
  deletedAt: string | null;
  updatedAt: string;
}

export interface EntitySearch {
  kinds: readonly EntityKind[];
  connection: string | null;
  status: string | null;
  /** The beginning of a number, or a whole external id. */
  text: string | null;
}

type Row = Pick<
  EntityColumns,
  'id' | 'connection' | 'kind' | 'external_id' | 'number' | 'status' | 'header' | 'version' | 'deleted_at' | 'updated_at'
>;

const COLUMNS = 'id, connection, kind, external_id, number, status, header, version, deleted_at, updated_at';

/** Most recently changed first; `skip` rows are left out. */
export async function searchEntities(sql: Sql, search: EntitySearch, page: { skip: number; limit: number }): Promise<FoundEntity[]> {
  const conditions = [
    isOneOf('kind', search.kinds),
    inScope(sql, 'connection'),
    equals('connection', search.connection),
    equals('status', search.status),
    search.text === null
      ? null
      : ([`(lower(number) like ? escape '!' or external_id = ?)`, `${likeText(search.text)}%`, search.text] as const),
  ];
  // An engine would read all entities in this order to find the few that match: so it looks for them among the latest, then by other indexes.
  const since = await readLatestStart(sql, search.kinds);
  const latest = await select(sql, [...conditions, since === null ? null : ['updated_at >= ?', since]], 'updated_at', page);
  if (since === null || latest.length === page.limit) return latest;
  return select(sql, [...conditions, hasTrigrams(sql, search.text)], unindexed('updated_at'), page);
}

async function select(
  sql: Sql,
  conditions: readonly Condition[],
  order: string,
  page: { skip: number; limit: number },
): Promise<FoundEntity[]> {
  const condition = where(...conditions);
  const rows = await sql.all<Row>(
    `select ${COLUMNS} from entities where ${condition.text} order by ${order} desc, seq desc limit ? offset ?`,
    [...condition.bindings, page.limit, page.skip],
  );
  return rows.map((row) => ({
    id: row.id,
    connection: row.connection,
    kind: row.kind,
    externalId: row.external_id,
    header: toHeader(row),
    version: numberOf(row.version),
    deletedAt: row.deleted_at,
    updatedAt: row.updated_at,
  }));
}

/** How many entities of a kind are among the latest. */
const LATEST = 5000;

/** The time since which at most `LATEST` entities of each kind have changed, apart from those of the same millisecond; null: none has more. */
async function readLatestStart(sql: Sql, kinds: readonly EntityKind[]): Promise<string | null> {
  const ofKind = `select * from (select updated_at from entities where kind = ? order by updated_at desc limit 1 offset ${LATEST}) as`;
  const statements = kinds.map((_kind, index) => `${ofKind} kind_${index}`);
  const rows = await sql.all<{ updated_at: string }>(statements.join(' union all '), kinds);
  return rows.reduce<string | null>((latest, row) => (latest === null || row.updated_at > latest ? row.updated_at : latest), null);
}

/** Numbers mostly differ at their end; each trigram that most entities have takes some 10 ms per million. */
const MOST_TRIGRAMS = 8;

/** Only entities with the last trigrams of the text in the search index, which contains all but the latest. Null for a text without any. */
function hasTrigrams({ dialect }: Sql, words: string | null): Condition {
  const grams = trigramsOf(words ?? '').slice(-MOST_TRIGRAMS);
  if (grams.length === 0) return null;
  const { key, match } = dialect.trigrams;
  const { text, binding } = match(grams);
  return [`seq in (select ${key} from search_index where ${text})`, binding];
}
