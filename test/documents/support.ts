import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { DocumentDependencies } from '../../src/documents/fetch-documents.ts';
import { createFileStorage } from '../../src/documents/storage/file-storage.ts';
import type { OpenedDocument } from '../../src/platforms/contract/api.ts';
import { createPublicOpener } from '../../src/remote/address-guard.ts';
import { createTestContext } from '../support/context.ts';
import type { Engine } from '../support/engines.ts';
import { withDocuments } from './announced.ts';

/** A response with this content. */
export const body = (content: string, more: Partial<OpenedDocument> = {}): OpenedDocument => ({
  filename: 'terms.pdf',
  contentType: 'application/pdf',
  content: Readable.from([Buffer.from(content)]),
  contentLength: content.length,
  ...more,
});

export async function ground(
  t: TestContext,
  engine: Engine,
  openDocument: (key: string | null) => OpenedDocument | Error | Promise<OpenedDocument>,
) {
  const pipeline = await createTestContext(engine);
  const directory = await mkdtemp(join(tmpdir(), 'orderdock-documents-'));
  const storage = createFileStorage(directory);
  await storage.prepare();
  const asked: (string | null)[] = [];
  const watched = withDocuments(pipeline.context, async ({ objectId }) => {
    asked.push(objectId);
    const opened = await openDocument(objectId);
    if (opened instanceof Error) throw opened;
    return opened;
  });
  t.after(async () => {
    await pipeline.close();
    await rm(directory, { recursive: true, force: true });
  });
  const ports: DocumentDependencies = { storage, openPublic: createPublicOpener(() => pipeline.clock.now()), maxBytes: 1_000_000 };
  return { ...watched, ports, storage, asked, clock: pipeline.clock, log: pipeline.log, directory };
}

export const heldFiles = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => entry.name);
