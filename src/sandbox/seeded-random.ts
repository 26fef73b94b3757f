import { createHash, createHmac } from 'node:crypto';
import type { MakeId, Random } from '../domain/clock.ts';

/** Reproducible numbers in [0, 1): sfc32 (Chris Doty-Humphrey, PractRand), seeded with a hash. */
export function seededRandom(seed: string): Random {
  const words = createHash('sha256').update(seed).digest();
  let [a, b, c, counter] = [words.readUInt32LE(0), words.readUInt32LE(4), words.readUInt32LE(8), words.readUInt32LE(12)];
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
}

/** UUIDs (in the form of version 4) from seeded numbers, so that a world has the same ids after a restart. */
export function seededId(random: Random): MakeId {
  return () => {
    const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
    hex[12] = '4';
    hex[16] = (8 + Math.floor(random() * 4)).toString(16);
    const text = hex.join('');
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
  };
}

/** A sequence of secrets for one connection: unguessable without the seed, and the same after a restart. */
export function seededSecrets(seed: string, connection: string): () => string {
  let count = 0;
  return () => createHmac('sha256', seed).update(`${connection} ${count++}`).digest('base64url');
}
