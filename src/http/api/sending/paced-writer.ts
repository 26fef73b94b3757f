import type { Response } from 'express';
import { createGzip } from './gzip-pieces.ts';

/** Writes a response no faster than the client reads it. */
export interface PacedWriter {
  /** Resolves to true once the operating system has accepted the text, to false once the client has disconnected. */
  write(text: string): Promise<boolean>;
  end(): void;
}

/** `gzip`: compressed on the way. The headers must have been set. */
export function createPacedWriter(response: Response, gzip: boolean): PacedWriter {
  const packer = gzip ? createGzip() : null;
  return {
    // Not an async function: its frame would retain the text for as long as the client reads nothing.
    write: (text) => (packer ? packer.piece(bytesOf(text)).then((piece) => flushed(response, piece)) : flushed(response, bytesOf(text))),
    end() {
      response.end(packer?.end());
    },
  };
}

/** The text in its own memory: a slice of Node's shared pool would retain the whole pool. */
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

/** Whether the client reads what was written without delay. */
export async function isFlushedSoon(taken: Promise<boolean>): Promise<boolean> {
  const done = taken.then(() => true);
  // What the operating system accepts immediately needs no timer.
  if (await Promise.race([done, new Promise<false>((resolve) => setImmediate(resolve, false))])) return true;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, SOON_MS, false);
  });
  const isDone = await Promise.race([done, late]);
  clearTimeout(timer);
  return isDone;
}
