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

const ANY_CODE = new RegExp(`[\\u0001-\\u00${OWN_ID.toString(16)}]`);
const PIECE_BYTES = PIECES.map((piece) => Buffer.from(piece, 'latin1'));
const LONGEST_PIECE = Math.max(...PIECES.map(({ length }) => length));

/** The JSON text again, from what is stored: from before it was abbreviated, too. */
export function fullDiff(stored: string, externalId: string): string {
  if (!ANY_CODE.test(stored)) return stored;
  const mostBytes = stored.length * Math.max(LONGEST_PIECE, externalId.length);
  return (mostBytes > ROOM.length ? null : fullShort(stored, externalId)) ?? fullLong(stored, externalId);
}

// Text is put together here, byte by byte: joined from a hundred strings, it takes three times as long, most of it collecting garbage.
const ROOM = Buffer.allocUnsafeSlow(262_144);

/** Null: there are characters beyond Latin-1. */
function fullShort(stored: string, externalId: string): string | null {
  let length = 0;
  for (let place = 0; place < stored.length; place++) {
    const code = stored.charCodeAt(place);
    if (code > 255) return null;
    if (code > OWN_ID) ROOM[length++] = code;
    else if (code === OWN_ID) for (let at = 0; at < externalId.length; at++) ROOM[length++] = externalId.charCodeAt(at);
    else {
      const piece = PIECE_BYTES[code - 1];
      const pieceLength = piece?.length ?? 0;
      for (let at = 0; at < pieceLength; at++) ROOM[length++] = piece?.[at] ?? 0;
    }
  }
  return isLatin1(externalId) ? ROOM.toString('latin1', 0, length) : null;
}

const isLatin1 = (text: string): boolean => !/[^\0-\xff]/.test(text);

function fullLong(stored: string, externalId: string): string {
  let text = '';
  let from = 0;
  for (let place = 0; place < stored.length; place++) {
    const code = stored.charCodeAt(place);
    if (code > OWN_ID) continue;
    text += stored.slice(from, place) + (code === OWN_ID ? externalId : PIECES[code - 1]);
    from = place + 1;
  }
  return text + stored.slice(from);
}
