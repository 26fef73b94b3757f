/** The trigrams of a text in lower case; none for a text of fewer than three characters. */
export function trigramsOf(text: string): string[] {
  const characters = [...text.toLowerCase()];
  return [...new Set(characters.slice(2).map((last, index) => `${characters[index]}${characters[index + 1]}${last}`))];
}

const PLAIN = 'abcdefghijklmnopqrstuvwxyz0123456789 -./';

/**
 * Two-byte numbers for trigrams, each once: one of its own for every trigram of these forty characters, since 40³ are 64,000; for any other the two
 * halves of its hash, which other trigrams have too. Stored in the search index: the same trigram always has the same numbers.
 */
export const numbersOf = (trigrams: readonly string[]): number[] => [...new Set(trigrams.flatMap(numbersOfOne))];

function numbersOfOne(trigram: string): number[] {
  const characters = [...trigram];
  const places = characters.map((character) => PLAIN.indexOf(character));
  if (!places.includes(-1)) return [places.reduce((number, place) => number * PLAIN.length + place, 0) - 0x8000];
  const hash = characters.reduce((sum, character) => Math.imul(sum ^ (character.codePointAt(0) ?? 0), 0x01000193), 0x811c9dc5 | 0);
  return [hash >> 16, (hash << 16) >> 16];
}
