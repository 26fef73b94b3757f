import type { Response } from 'express';
import { createGzip } from './gzip-pieces.ts';

/** Writes an answer no faster than the client takes it. */
export interface PacedWriter {
  /** Resolves once the system has taken the text: true; or once the client has gone: false. */
  write(text: string): Promise<boolean>;
  end(): void;
}

/** `gzip`: compressed on the way. The headers must have been set. */
export function createPacedWriter(response: Response, gzip: boolean): PacedWriter {
  const packer = gzip ? createGzip() : null;
  return {
    // Not an async function: its frame would keep the text for as long as the client takes nothing.
    write: (text) => (packer ? packer.piece(bytesOf(text)).then((piece) => flushed(response, piece)) : flushed(response, bytesOf(text))),
    end() {
      response.end(packer?.end());
    },
  };
}

/** The text in memory of its own: a part of Node's shared pool would keep all of the pool. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

function flushed(response: Response, bytes: Buffer): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return Promise.resolve(false);
  return new Promise((resolve) => {
    const gone = () => resolve(false);
    response.once('close', gone);
    response.write(bytes, (error) => {
      response.off('close', gone);
      resolve(!error);
    });
  });
}

const SOON_MS = 2;

/** Whether the client takes what was written without delay. */
export async function isTakenSoon(taken: Promise<boolean>): Promise<boolean> {
  const done = taken.then(() => true);
  // What the system takes at once needs no timer.
  if (await Promise.race([done, new Promise<false>((resolve) => setImmediate(resolve, false))])) return true;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, SOON_MS, false);
  });
  const isDone = await Promise.race([done, late]);
  clearTimeout(timer);
  return isDone;
}
