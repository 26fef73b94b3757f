import type { DocumentReport, EntityReport, LineReport, Party } from '../../domain/entities/entity.ts';
import { PermanentFailure } from '../../domain/errors.ts';
import { isTooLong, LONGEST_ID } from '../../domain/values/id-length.ts';

/** Throws `PermanentFailure` (`id_too_long`) for identifiers that are too long for the index and for readers: a retry cannot succeed. */
export function checkIdLengths(report: EntityReport): void {
  for (const [what, value] of identifiersOf(report)) {
    if (value !== null && isTooLong(value)) {
      throw new PermanentFailure(
        'id_too_long',
        `The ${what} ${JSON.stringify(value.slice(0, 40))}… is longer than ${LONGEST_ID} characters.`,
      );
    }
  }
}

type Identifier = readonly [what: string, value: string | null];

function* identifiersOf({ externalId, header, lines, documents }: EntityReport): Generator<Identifier> {
  yield ['id', externalId];
  if (header !== null) {
    yield ['number', header.number];
    yield ['status', header.status];
    yield* partyOf('buyer', header.buyer);
    yield* partyOf('supplier', header.supplier);
  }
  for (const line of lines) yield* lineOf(line);
  for (const document of documents ?? []) yield* documentOf(document);
}

function* partyOf(role: string, party: Party | null): Generator<Identifier> {
  yield [`${role}'s id`, party?.id ?? null];
  yield [`${role}'s name`, party?.name ?? null];
}

function* lineOf({ externalId, content: { position, item } }: LineReport): Generator<Identifier> {
  yield ['id of the line', externalId];
  yield ['position of the line', position];
  yield ['number of the item', item?.number ?? null];
  yield ["supplier's number of the item", item?.supplierNumber ?? null];
  yield ['name of the item', item?.name ?? null];
}

function* documentOf({ objectId, code, name, line }: DocumentReport): Generator<Identifier> {
  yield ['id of the document', objectId];
  yield ['code of the document', code];
  yield ['name of the document', name];
  yield ['line of the document', line];
}
