import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { BodyAccount } from './body-budget.ts';

/** A body as it arrives: in memory while there is room for it, the rest in a file. */
export interface KeptBody {
  /** Adds a chunk; returns a promise if the next one must wait. */
  add(chunk: Buffer): Promise<void> | null;
  size(): number;
  /** The whole, in memory. */
  bytes(): Promise<Buffer>;
  stream(): Readable;
  /** Frees the bytes; closing the account returns their share of the budget. */
  drop(): void;
}

export interface KeepRules {
  memory: BodyAccount;
  /** The rest of a body that must not, or cannot, stay in memory while it arrives. */
  spill: { dir: string; account: BodyAccount };
  /** The most of it that may be in memory while it arrives. */
  mostHeldBytes: number;
  /** The announced length; null: none. */
  announcedBytes: number | null;
}

const EMPTY = Buffer.alloc(0);
// Beyond this size, a body of announced length is collected in one buffer, instead of being in memory twice at its end.
const ONE_PIECE_FROM_BYTES = 1_048_576;

export function keepBody({ memory, spill, mostHeldBytes, announcedBytes }: KeepRules): KeptBody {
  let chunks: Buffer[] = [];
  let whole: Buffer | null = null;
  let heldBytes = 0;
  let file: SpillFile | null = null;

  function collect(chunk: Buffer): void {
    if (whole === null && announcedBytes !== null && heldBytes >= ONE_PIECE_FROM_BYTES && announcedBytes <= mostHeldBytes) {
      whole = Buffer.allocUnsafeSlow(Math.max(announcedBytes, heldBytes));
      Buffer.concat(chunks).copy(whole);
      chunks = [];
    }
    if (whole !== null && heldBytes + chunk.length <= whole.length) chunk.copy(whole, heldBytes);
    else chunks.push(chunk);
    heldBytes += chunk.length;
  }
  const joined = (): Buffer => {
    if (whole !== null) return chunks.length === 0 ? whole.subarray(0, heldBytes) : Buffer.concat([whole, ...chunks], heldBytes);
    return chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks, heldBytes);
  };
  return {
    add(chunk) {
      if (file === null && heldBytes + chunk.length <= mostHeldBytes && memory.tryGrow(chunk.length)) {
        collect(chunk);
        return null;
      }
      file ??= createSpillFile(spill.dir);
      const place = spill.account.grow(chunk.length);
      return place === null ? file.append(chunk) : place.then(() => file?.append(chunk));
    },
    size: () => heldBytes + (file?.size() ?? 0),
    async bytes() {
      if (file === null) return joined();
      await memory.grow(file.size());
      return file.readBehind(joined());
    },
    stream: () => (file === null ? Readable.from([joined()]) : file.stream(joined())),
    drop() {
      chunks = [];
      whole = null;
      file?.close();
    },
  };
}

interface SpillFile {
  append(chunk: Buffer): Promise<void>;
  size(): number;
  readBehind(head: Buffer): Promise<Buffer>;
  stream(head: Buffer): Readable;
  close(): void;
}

/** An unlinked file: the operating system frees it when the process ends, however that happens. */
function createSpillFile(dir: string): SpillFile {
  let size = 0;
  const opened = openUnnamed(join(dir, `.incoming-${randomUUID()}`));
  opened.catch(() => {});
  async function readAt(handle: FileHandle, target: Buffer, from: number): Promise<number> {
    const { bytesRead } = await handle.read(target, 0, target.length, from);
    return bytesRead;
  }
  return {
    async append(chunk) {
      const handle = await opened;
      const at = size;
      size += chunk.length;
      await handle.write(chunk, 0, chunk.length, at);
    },
    size: () => size,
    async readBehind(head) {
      const handle = await opened;
      const whole = Buffer.allocUnsafeSlow(head.length + size);
      head.copy(whole);
      for (let at = 0; at < size; ) at += await readAt(handle, whole.subarray(head.length + at), at);
      return whole;
    },
    stream: (head) =>
      Readable.from(
        (async function* () {
          yield head;
          const handle = await opened;
          for (let at = 0; at < size; ) {
            const piece = Buffer.allocUnsafe(Math.min(262_144, size - at));
            at += await readAt(handle, piece, at);
            yield piece;
          }
        })(),
      ),
    close: () => void opened.then((handle) => handle.close()).catch(() => {}),
  };
}

async function openUnnamed(path: string): Promise<FileHandle> {
  const handle = await open(path, 'wx+', 0o600);
  await unlink(path);
  return handle;
}
