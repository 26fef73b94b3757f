import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { writePrivateFile } from '../../sandbox/sandbox-file.ts';
import { type CliRuntime, CommandFailed } from '../runtime.ts';

/** How far an export has come: `position` is where the next page begins. */
export interface ExportPosition {
  position: string;
  rows: number;
}

/** Where an export goes. */
export interface ExportSink {
  /** Where an interrupted export of the same kind stopped; null: this is a new one. */
  from: ExportPosition | null;
  /** Whether anything has been written, now or before. */
  started(): boolean;
  write(text: string, after: ExportPosition): Promise<void>;
  finish(): Promise<void>;
  /** Leaves what is needed to go on later. */
  abandon(): Promise<void>;
}

/** Lies beside an unfinished file: how many of its bytes are certain, and where to go on. */
interface Unfinished extends ExportPosition {
  asked: string;
  bytes: number;
}

const unfinishedPath = (path: string): string => `${path}.unfinished`;

/** `asked` is what the export is of: an interrupted one is continued only by the same. Without `path` it goes to standard output. */
export async function openSink(ground: CliRuntime, options: { path: string | null; force: boolean; asked: string }): Promise<ExportSink> {
  if (options.path === null) return outSink(ground);
  const unfinished = options.force ? null : await readUnfinished(options.path);
  if (unfinished && unfinished.asked !== options.asked) {
    throw new CommandFailed(`${options.path} is the beginning of another export. Continue that one, or give --force to begin again.`);
  }
  const file = await openFile(options.path, options.force, unfinished);
  return fileSink(file, options.path, options.asked, unfinished);
}

function outSink(ground: CliRuntime): ExportSink {
  let written = false;
  return {
    from: null,
    started: () => written,
    write: async (text) => {
      written = true;
      await ground.out(text);
    },
    finish: async () => {},
    abandon: async () => {},
  };
}

async function openFile(path: string, force: boolean, unfinished: Unfinished | null): Promise<FileHandle> {
  if (unfinished) {
    const file = await open(path, 'r+');
    // What was written after the last certain page is written again.
    await file.truncate(unfinished.bytes);
    return file;
  }
  // Orders are business secrets: the file is its owner's alone.
  return open(path, force ? 'w' : 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? new CommandFailed(`${path} is there already. Give --force to write over it.`) : error;
  });
}

function fileSink(file: FileHandle, path: string, asked: string, unfinished: Unfinished | null): ExportSink {
  let bytes = unfinished?.bytes ?? 0;
  return {
    from: unfinished,
    started: () => bytes > 0,
    async write(text, after) {
      const content = Buffer.from(text);
      await file.write(content, 0, content.length, bytes);
      await file.datasync();
      bytes += content.length;
      await writePrivateFile(unfinishedPath(path), JSON.stringify({ ...after, asked, bytes } satisfies Unfinished));
    },
    async finish() {
      await file.close();
      await rm(unfinishedPath(path), { force: true });
    },
    abandon: () => file.close(),
  };
}

async function readUnfinished(path: string): Promise<Unfinished | null> {
  try {
    return JSON.parse(await readFile(unfinishedPath(path), 'utf8'));
  } catch {
    return null;
  }
}
