import type { DocumentReport, EntityReport, LineReport, Party } from '../../domain/entities/entity.ts';
import { PermanentFailure } from '../../domain/errors.ts';
import { isTooLong, LONGEST_ID } from '../../domain/values/id-length.ts';

/** Throws `PermanentFailure` (`id_too_long`) for identifiers that are too long for the index and for readers: a retry cannot succeed. */
export function checkIdLengths({ externalId, header, lines, documents }: EntityReport): void {
  check('id', externalId);
  if (header !== null) {
    check('number', header.number);
    check('status', header.status);
    checkParty('buyer', header.buyer);
    checkParty('supplier', header.supplier);
  }
  for (const line of lines) checkLine(line);
  for (const document of documents ?? []) checkDocument(document);
}

function check(what: string, value: string | null | undefined): void {
  if (!value || !isTooLong(value)) return;
  const shown = JSON.stringify(value.slice(0, 40));
  throw new PermanentFailure('id_too_long', `The ${what} ${shown}… is longer than ${LONGEST_ID} characters.`);
}

function checkParty(role: 'buyer' | 'supplier', party: Party | null): void {
  check(`${role}'s id`, party?.id);
  check(`${role}'s name`, party?.name);
}

function checkLine({ externalId, content: { position, item } }: LineReport): void {
  check('id of the line', externalId);
  check('position of the line', position);
  check('number of the item', item?.number);
  check("supplier's number of the item", item?.supplierNumber);
  check('name of the item', item?.name);
}

function checkDocument({ objectId, code, name, line }: DocumentReport): void {
  check('id of the document', objectId);
  check('code of the document', code);
  check('name of the document', name);
  check('line of the document', line);
}
