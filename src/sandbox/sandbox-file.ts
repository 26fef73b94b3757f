import { appendFileSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JsonObject } from '../domain/values/json.ts';
import type { Occurrence } from './world.ts';

/** `DATA_DIR/sandbox.json`: what makes the sandbox the same after a restart. Its `connections` are written as in a connections file. */
export interface SandboxFile {
  about: string;
  seed: string;
  /** When the story had been played to its end; null: not yet. */
  played: string | null;
  /** Where the simulated APIs listen, and the key that lets `orderdock send` ask for an event. */
  simulator: { url: string; key: string };
  connections: Record<string, JsonObject>;
}

export const sandboxFilePath = (dataDir: string): string => join(dataDir, 'sandbox.json');
const journalPath = (dataDir: string): string => join(dataDir, 'sandbox-journal.jsonl');

/** Null where there is none yet. */
export async function readSandboxFile(dataDir: string): Promise<SandboxFile | null> {
  const text = await readFile(sandboxFilePath(dataDir), 'utf8').catch(absent);
  return text === null ? null : JSON.parse(text);
}

export const writeSandboxFile = (dataDir: string, content: SandboxFile): Promise<void> =>
  writePrivateFile(sandboxFilePath(dataDir), `${JSON.stringify(content, null, 2)}\n`);

/** Writes a file that only its owner may read: whole or not at all. */
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

/** What happened in the simulated worlds so far. A last line that was cut off by a crash did not happen. */
export function readJournal(dataDir: string): Occurrence[] {
  try {
    return readFileSync(journalPath(dataDir), 'utf8').split('\n').flatMap(readOccurrence);
  } catch (error) {
    return absent(error) ?? [];
  }
}

function readOccurrence(line: string): Occurrence[] {
  try {
    return line === '' ? [] : [JSON.parse(line)];
  } catch {
    return [];
  }
}

export const appendJournal = (dataDir: string, occurrence: Occurrence): void =>
  appendFileSync(journalPath(dataDir), `${JSON.stringify(occurrence)}\n`, { mode: 0o600 });

function absent(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
