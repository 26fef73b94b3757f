export const LONGEST_ID = 1000;
// A B-tree entry of PostgreSQL has room for 2,704 bytes, the connection and the kind included.
const LONGEST_ID_BYTES = 2400;

/** Ids are unique keys in the database, and no platform's ids are nearly as long. */
export const isTooLong = (id: string): boolean => id.length > LONGEST_ID || Buffer.byteLength(id) > LONGEST_ID_BYTES;
