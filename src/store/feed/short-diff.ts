import { OWN_ID, PIECES } from '../../../migrations/diff-pieces.ts';

const codeOf = new Map<string, string>(PIECES.map((piece, place) => [piece, String.fromCharCode(place + 1)]));
const ANY_PIECE = new RegExp(PIECES.map((piece) => RegExp.escape(piece)).join('|'), 'g');
const SHORTEST_ID = 4;

/** JSON text of differences, abbreviated for storage: a third of its length for those of a new order. */
export function shortDiff(text: string, externalId: string): string {
  // An id that is written with escapes would be restored without them.
  const hasPlainId = externalId.length >= SHORTEST_ID && JSON.stringify(externalId).length === externalId.length + 2;
  const withoutId = hasPlainId ? text.replaceAll(externalId, String.fromCharCode(OWN_ID)) : text;
  return withoutId.replace(ANY_PIECE, (piece) => codeOf.get(piece) ?? piece);
}

/** The JSON text again, from what is stored: from before it was abbreviated, too. */
export function fullDiff(stored: string, externalId: string): string {
  let text = '';
  let from = 0;
  for (let place = 0; place < stored.length; place++) {
    const code = stored.charCodeAt(place);
    if (code > OWN_ID) continue;
    text += stored.slice(from, place) + (code === OWN_ID ? externalId : PIECES[code - 1]);
    from = place + 1;
  }
  return from === 0 ? stored : text + stored.slice(from);
}
