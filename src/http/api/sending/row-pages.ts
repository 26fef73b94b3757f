import { countOnPage } from '../../../views/page-size.ts';
import type { Semaphore } from '../semaphore.ts';
import { isFlushedSoon, type PacedWriter } from './paced-writer.ts';

/** A row before it is read: its position in the list, and the approximate size of its JSON. */
export interface RowSize {
  position: string;
  bytes: number;
}

/** A row as it is sent: its JSON, and the cursor after it. */
export interface SentRow {
  position: string;
  cursor: string;
  text: string;
}

/** Reads rows of a page: at most `limit` of those after one position up to another. */
export type ReadRows = (after: string, upTo: string, limit: number) => Promise<readonly SentRow[]>;

/** A page whose rows are read while they are sent. It keeps little in memory, however large the rows are. */
export interface RowPage {
  after: string;
  /** The page in parts: each is the rows up to this position. */
  parts: readonly string[];
  /** About how many bytes all of it has, and how many rows. */
  bytes: number;
  count: number;
  /** Position of the last row; null: there is none. */
  last: string | null;
  hasMore: boolean;
  read: ReadRows;
  /** The rows themselves, if they were small enough to retain. */
  rows?: readonly SentRow[] | undefined;
}

const PART_BYTES = 256 * 1024;
const FIRST_BYTES = 64 * 1024;
const PIECE_BYTES = 16 * 1024;

/** Cuts a page at `limit` rows or 4 MiB, whichever comes first, but never before its first row. `sizes` has one row more than `limit`, if there is one. */
export function cutRows(after: string, sizes: readonly RowSize[], limit: number, read: ReadRows): RowPage {
  const parts: string[] = [];
  const count = countOnPage(sizes, limit);
  let [bytes, partBytes] = [0, 0];
  for (const [at, size] of sizes.slice(0, count).entries()) {
    if (at > 0 && partBytes + size.bytes > PART_BYTES) {
      parts.push(sizes[at - 1]?.position ?? after);
      partBytes = 0;
    }
    bytes += size.bytes;
    partBytes += size.bytes;
  }
  const last = sizes[count - 1]?.position ?? null;
  if (last !== null) parts.push(last);
  return { after, parts, bytes, count, last, hasMore: sizes.length > count, read };
}

/** All rows of a page. */
export async function readRows(page: RowPage): Promise<readonly SentRow[]> {
  if (page.rows) return page.rows;
  const rows: SentRow[] = [];
  for (const upTo of page.parts) rows.push(...(await page.read(rows.at(-1)?.position ?? page.after, upTo, page.count)));
  return rows;
}

/**
 * Writes the rows of a page in small pieces, each once the client has read the previous one. While the client reads without delay, the next portion
 * of rows is read during the writing of one; rows that have been read for a slow client are dropped and read again when it continues: a stalled
 * reader retains one piece. `readSemaphore` limits the number of portions in memory. `textOf` is called once for each row, in order. Resolves to
 * false when the client has disconnected.
 */
export async function writeRows(
  writer: PacedWriter,
  page: RowPage,
  readSemaphore: Semaphore,
  textOf: (row: SentRow) => string,
): Promise<boolean> {
  const portions = portionsOf(page, readSemaphore);
  // The last row of a part may have left the list in the meantime: then the part ends at the point where the page would have been read twice.
  try {
    for (let left = 2 * page.count; left > 0 && !portions.isAtEnd(); ) {
      const { late, written, count } = await writePortion(writer, portions, textOf);
      left -= count;
      if (!(await (late ?? written))) return false;
    }
    return true;
  } finally {
    portions.drop();
  }
}

/** Rows in memory, until they are released. */
interface Portion {
  rows: readonly SentRow[];
  release(): void;
}

interface Portions {
  isAtEnd(): boolean;
  next(): Promise<Portion>;
  /** Begins to read the rows after this portion. */
  readAhead(portion: Portion): void;
  /** Drops what was read ahead. */
  drop(): void;
  /** Continues after a row; null: with the next part of the page. `isSlow`: in small portions from here on. */
  moveTo(position: string | null, isSlow: boolean): void;
}

function portionsOf(page: RowPage, readSemaphore: Semaphore): Portions {
  const rowBytes = page.bytes / Math.max(1, page.count);
  let place = { after: page.after, part: 0 };
  let bytes = FIRST_BYTES;
  let ahead: Promise<Portion> | null = null;
  const placeAt = (position: string | null) => {
    const upTo = page.parts[place.part] ?? page.after;
    // Without a row: retention may have deleted the rest in the meantime.
    return position === null || position === upTo ? { after: upTo, part: place.part + 1 } : { after: position, part: place.part };
  };
  const readFrom = async ({ after, part }: typeof place): Promise<Portion> => {
    const release = await readSemaphore.enter();
    const upTo = page.parts[part];
    const read = upTo === undefined ? Promise.resolve([]) : page.read(after, upTo, Math.max(1, Math.ceil(bytes / rowBytes)));
    return read.then(
      (rows) => ({ rows, release }),
      (error: unknown) => {
        release();
        throw error;
      },
    );
  };
  const drop = () => {
    ahead?.then(({ release }) => release()).catch(() => {});
    ahead = null;
  };
  return {
    isAtEnd: () => place.part >= page.parts.length,
    next() {
      const portion = ahead ?? readFrom(place);
      ahead = null;
      return portion;
    },
    readAhead({ rows }) {
      const following = placeAt(rows.at(-1)?.position ?? null);
      // The first portion tells whether the client reads at all.
      if (bytes <= FIRST_BYTES || following.part >= page.parts.length) return;
      ahead = readFrom(following);
      // Whoever awaits it learns of a failure; it may be dropped instead.
      ahead.catch(() => {});
    },
    drop,
    moveTo(position, isSlow) {
      place = placeAt(position);
      bytes = isSlow ? PIECE_BYTES : Math.min(bytes * 2, PART_BYTES);
      if (isSlow) drop();
    },
  };
}

// Its frame, and the rows with it, are gone before a slow client is waited for.
async function writePortion(writer: PacedWriter, portions: Portions, textOf: (row: SentRow) => string): Promise<Written> {
  const portion = await portions.next();
  portions.readAhead(portion);
  const written = await writeUntilLate(writer, portion.rows, textOf).finally(portion.release);
  portions.moveTo(written.at, written.late !== null);
  return written;
}

interface Written {
  /** Position of the last row that was written; null: there were none. */
  at: string | null;
  count: number;
  /** Whether the client is still there. */
  written: boolean;
  /** For a slow client: resolves once it has read what was written. */
  late: Promise<boolean> | null;
}

async function writeUntilLate(writer: PacedWriter, rows: readonly SentRow[], textOf: (row: SentRow) => string): Promise<Written> {
  let piece = '';
  for (const [index, row] of rows.entries()) {
    piece += textOf(row);
    const isLast = index === rows.length - 1;
    if (piece.length < PIECE_BYTES && !isLast) continue;
    const taken = writer.write(piece);
    piece = '';
    if (!(await isFlushedSoon(taken))) return { at: row.position, count: index + 1, written: true, late: taken };
    if (!(await taken)) return { at: row.position, count: index + 1, written: false, late: null };
  }
  return { at: rows.at(-1)?.position ?? null, count: rows.length, written: true, late: null };
}
