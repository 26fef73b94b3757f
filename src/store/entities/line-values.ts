import type { LineState, SourceForm } from '../../domain/entities/entity-state.ts';
import { type Json, listAt } from '../../domain/values/json.ts';
import { pack, unpack } from '../../domain/values/packed-bytes.ts';
import { oneOf, storedText } from '../engine/rows.ts';
import { contentValues, toLineContent, trimmed } from './content-values.ts';

/** Values of an entity that its lines share. */
export interface LineOwner {
  external_id: string;
  last_updated_at: string | null;
  source_form: SourceForm;
}

// A line of `entities.lines` is [external id, content, version, last updated, removed, compared, source form]. Lines are in the order of their
// first appearance. An external id begins with `+` if it is to be prefixed with the entity's own, else with `=`. A missing version is 1; a missing
// time or form is the entity's, and '' is null.

const nameOf = (externalId: string, owner: LineOwner): string =>
  externalId.startsWith(owner.external_id) ? `+${externalId.slice(owner.external_id.length)}` : `=${externalId}`;

const toName = (name: string, owner: LineOwner): string => (name.startsWith('+') ? owner.external_id : '') + name.slice(1);

/** A value that a line mostly shares with its owner: null where it does, '' for none. */
export const shared = (value: string | null, ofOwner: string | null): string | null => (value === ofOwner ? null : (value ?? ''));

export const toShared = (stored: Json | undefined, ofOwner: string | null): string | null =>
  typeof stored === 'string' ? stored || null : ofOwner;

const toForm = (stored: string | null): SourceForm =>
  stored === null ? null : oneOf(['event', 'fetch', 'list', 'mixed'] as const, stored);

export const lineValues = (owner: LineOwner, lines: Iterable<LineState>): Json[] =>
  Array.from(lines, (line) =>
    trimmed([
      nameOf(line.externalId, owner),
      contentValues(line.content),
      line.version === 1 ? null : line.version,
      shared(line.lastUpdatedAt, owner.last_updated_at),
      line.removedAt,
      line.comparedAt,
      shared(line.sourceForm, owner.source_form),
    ]),
  );

export type StoredLine = Omit<LineState, 'source'>;

/** `lines` is the JSON text of `lineValues`; null: there are none. */
export const toLines = (row: LineOwner & { lines: string | null }): StoredLine[] =>
  row.lines === null
    ? []
    : listAt(JSON.parse(row.lines)).map((stored, rank) => {
        const [name, content, version, lastUpdatedAt, removedAt, comparedAt, sourceForm] = listAt(stored);
        return {
          externalId: toName(String(name), row),
          rank,
          content: toLineContent(content),
          version: Number(version ?? 1),
          lastUpdatedAt: toShared(lastUpdatedAt, row.last_updated_at),
          removedAt: storedText(removedAt),
          comparedAt: storedText(comparedAt),
          sourceForm: toForm(toShared(sourceForm, row.source_form)),
        };
      });

/** The platform's own JSON of an entity and of its lines, in order. */
export interface Sources {
  own: string | null;
  lines: readonly string[];
}

/**
 * All of them in one packed value: the lines of an order are similar, and compress to a tenth. One text per line; the JSON contains no line breaks.
 * Null: there are none.
 */
export async function packSources({ own, lines }: Sources): Promise<{ packed: Buffer; bytes: number } | null> {
  if (own === null && lines.length === 0) return null;
  const text = Buffer.from([own ?? '', ...lines].map((one) => one.replaceAll('\n', ' ')).join('\n'));
  return { packed: await pack(text), bytes: text.length };
}

export async function unpackSources(packed: Buffer | null): Promise<Sources> {
  if (packed === null) return { own: null, lines: [] };
  const [own, ...lines] = (await unpack(packed)).toString().split('\n');
  return { own: own || null, lines };
}
