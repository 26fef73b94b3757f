import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { writePrivateFile } from '../../sandbox/sandbox-file.ts';
import { type CliRuntime, CommandFailed } from '../runtime.ts';

/** The progress of an export: `position` is where the next page begins. */
export interface ExportPosition {
  position: string;
  rows: number;
}

/** The destination of an export. */
export interface ExportSink {
  /** Where an interrupted export of the same kind stopped; null for a new export. */
  from: ExportPosition | null;
  /** Whether anything has been written, in this run or an earlier one. */
  started(): boolean;
  write(text: string, after: ExportPosition): Promise<void>;
  finish(): Promise<void>;
  /** Leaves behind what a later run needs to continue. */
  abandon(): Promise<void>;
}

/** Stored next to an unfinished file: how many of its bytes are known to be good, and where to continue. */
interface Unfinished extends ExportPosition {
  asked: string;
  bytes: number;
}

const unfinishedPath = (path: string): string => `${path}.unfinished`;

/** `asked` identifies the request: only the same request continues an interrupted export. Without `path`, output goes to standard output. */
export async function openSink(
  runtime: CliRuntime,
  options: { path: string | null; force: boolean; request: string },
): Promise<ExportSink> {
  if (options.path === null) return outSink(runtime);
  const unfinished = options.force ? null : await readUnfinished(options.path);
  if (unfinished && unfinished.asked !== options.request) {
    throw new CommandFailed(`${options.path} is the start of a different export. Continue that one, or use --force to start over.`);
  }
  const file = await openFile(options.path, options.force, unfinished);
  return fileSink(file, options.path, options.request, unfinished);
}

function outSink(runtime: CliRuntime): ExportSink {
  let written = false;
  return {
    from: null,
    started: () => written,
    write: async (text) => {
      written = true;
      await runtime.out(text);
    },
    finish: async () => {},
    abandon: async () => {},
  };
}

async function openFile(path: string, force: boolean, unfinished: Unfinished | null): Promise<FileHandle> {
  if (unfinished) {
    const file = await open(path, 'r+');
    // Anything written after the last confirmed page is written again.
    await file.truncate(unfinished.bytes);
    return file;
  }
  // Orders are confidential: only the owner may read the file.
  return open(path, force ? 'w' : 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? new CommandFailed(`${path} already exists. Use --force to overwrite it.`) : error;
  });
}

function fileSink(file: FileHandle, path: string, request: string, unfinished: Unfinished | null): ExportSink {
  let bytes = unfinished?.bytes ?? 0;
  return {
    from: unfinished,
    started: () => bytes > 0,
    async write(text, after) {
      const content = Buffer.from(text);
      await file.write(content, 0, content.length, bytes);
      await file.datasync();
      bytes += content.length;
      await writePrivateFile(unfinishedPath(path), JSON.stringify({ ...after, asked: request, bytes } satisfies Unfinished));
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
