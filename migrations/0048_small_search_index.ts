import type { Knex } from 'knex';

const ENTITIES_PER_STEP = 500;

/**
 * On PostgreSQL the trigrams of the search index are two-byte numbers instead of four, and at most half a megabyte of them waits to be merged into the
 * index instead of four. What is indexed already is indexed again, since a number cannot be turned back into its trigram.
 */
export async function up(trx: Knex.Transaction): Promise<void> {
  if (trx.client.config.client !== 'pg') return;
  await trx.raw('alter table search_index rename to older_index');
  await trx.raw('alter index search_index_pkey rename to older_index_pkey');
  await trx.raw('drop index search_index_grams');
  await trx.raw('create table search_index (seq bigint primary key, grams smallint[] not null)');
  // Before it is filled: indexing a large table in one statement would exceed the statement timeout.
  await trx.raw('create index search_index_grams on search_index using gin (grams) with (gin_pending_list_limit = 512)');
  for (let after = '0'; ; ) {
    const entities: Entity[] = await trx('entities')
      .select('entities.seq', 'id', 'external_id', 'number', 'header', 'lines')
      .join('older_index', 'older_index.seq', 'entities.seq')
      .where('entities.seq', '>', after)
      .orderBy('entities.seq')
      .limit(ENTITIES_PER_STEP);
    const last = entities.at(-1);
    if (!last) break;
    await indexEntities(trx, entities);
    after = last.seq;
  }
  await trx.raw('drop table older_index');
}

interface Entity {
  seq: string;
  id: string;
  external_id: string;
  number: string | null;
  header: string;
  lines: string | null;
}

async function indexEntities(trx: Knex.Transaction, entities: readonly Entity[]): Promise<void> {
  const ids = entities.map(({ id }) => id);
  const documents: { entity_id: string; announced: string }[] = await trx('documents')
    .select('entity_id', 'announced')
    .whereIn('entity_id', ids);
  const announced = Map.groupBy(documents, (document) => document.entity_id);
  const rows = entities.map((entity) => {
    const terms = [...termsOf(entity), ...(announced.get(entity.id) ?? []).flatMap((document) => documentTerms(document.announced))];
    return {
      seq: entity.seq,
      grams: numbersOf(terms.flatMap((term) => (typeof term === 'string' ? term.split('\n').flatMap(trigramsOf) : []))),
    };
  });
  await trx.raw(
    `insert into search_index (seq, grams) select rows.seq, array(select json_array_elements_text(rows.grams)::smallint)
     from json_to_recordset(?::json) as rows(seq bigint, grams json)`,
    [JSON.stringify(rows)],
  );
}

/** Numbers, ids, parties and items, at the positions where the lists of values of header and lines have them (0040_lines_in_entities.ts). */
function termsOf({ external_id, number, header, lines }: Entity): unknown[] {
  const [, buyer, supplier] = JSON.parse(header);
  const contents: [position: unknown, item: unknown[] | null, description: unknown][] = JSON.parse(lines ?? '[]').map(
    (line: unknown[]) => line[1],
  );
  const ofLines = contents.flatMap(([position, item, description]) => [position, ...(item ?? []), description]);
  return [number, external_id, ...(buyer ?? []), ...(supplier ?? []), ...ofLines];
}

function documentTerms(announced: string): unknown[] {
  const { name, code } = JSON.parse(announced);
  return [name, code];
}

// The numbers of src/domain/values/trigrams.ts as they were at the time of this migration.

function trigramsOf(text: string): string[] {
  const characters = [...text.toLowerCase()];
  return characters.slice(2).map((last, index) => `${characters[index]}${characters[index + 1]}${last}`);
}

const PLAIN = 'abcdefghijklmnopqrstuvwxyz0123456789 -./';

const numbersOf = (trigrams: readonly string[]): number[] => [...new Set(trigrams.flatMap(numbersOfOne))];

function numbersOfOne(trigram: string): number[] {
  const characters = [...trigram];
  const places = characters.map((character) => PLAIN.indexOf(character));
  if (!places.includes(-1)) return [places.reduce((number, place) => number * PLAIN.length + place, 0) - 0x8000];
  const hash = characters.reduce((sum, character) => Math.imul(sum ^ (character.codePointAt(0) ?? 0), 0x01000193), 0x811c9dc5 | 0);
  return [hash >> 16, (hash << 16) >> 16];
}
