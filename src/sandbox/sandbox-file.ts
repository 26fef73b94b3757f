import { appendFileSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JsonObject } from '../domain/values/json.ts';
import type { SandboxEvent } from './world.ts';

/** `DATA_DIR/sandbox.json`: what a restart needs to rebuild the same sandbox. `connections` has the format of a connections file. */
export interface SandboxFile {
  about: string;
  seed: string;
  /** When the history was finished; null if it is not. */
  played: string | null;
  /** The address of the simulated APIs, and the key with which `orderdock send` requests an event. */
  simulator: { url: string; key: string };
  connections: Record<string, JsonObject>;
}

export const sandboxFilePath = (dataDir: string): string => join(dataDir, 'sandbox.json');
const journalPath = (dataDir: string): string => join(dataDir, 'sandbox-journal.jsonl');

/** Null if there is none yet. */
export async function readSandboxFile(dataDir: string): Promise<SandboxFile | null> {
  const text = await readFile(sandboxFilePath(dataDir), 'utf8').catch(absent);
  return text === null ? null : JSON.parse(text);
}

export const writeSandboxFile = (dataDir: string, content: SandboxFile): Promise<void> =>
  writePrivateFile(sandboxFilePath(dataDir), `${JSON.stringify(content, null, 2)}\n`);

/** Writes a file atomically, readable only by its owner. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** The events of the simulated worlds so far. A last line cut off by a crash does not count. */
export function readJournal(dataDir: string): SandboxEvent[] {
  try {
    return readFileSync(journalPath(dataDir), 'utf8').split('\n').flatMap(readOccurrence);
  } catch (error) {
    return absent(error) ?? [];
  }
}

function readOccurrence(line: string): SandboxEvent[] {
  try {
    return line === '' ? [] : [JSON.parse(line)];
  } catch {
    return [];
  }
}

export const appendJournal = (dataDir: string, occurrence: SandboxEvent): void =>
  appendFileSync(journalPath(dataDir), `${JSON.stringify(occurrence)}\n`, { mode: 0o600 });

function absent(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
