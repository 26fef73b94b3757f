import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { RESOURCE_WAIT_MS } from '../../domain/deadlines.ts';
import { OrderdockError, Refused, Unavailable } from '../../domain/errors.ts';
import type { BodyProof, BodyVerdict, WebhookRequest } from '../../platforms/contract/webhook.ts';
import { RefusedWith } from '../problem.ts';
import type { BodyAccount, BodyBudget, BudgetUse } from './body-budget.ts';
import type { PaceWatch } from './body-pace.ts';
import { type KeptBody, keepBody } from './kept-body.ts';

/**
 * Replaces `express.raw()`, which reads an oversize request to its end before it responds, decompresses more encodings than we
 * want, and loses the bytes that cannot be decompressed, which must be stored (tried with body-parser 2, November 2026).
 */
export interface BodyRules {
  maxBytes: number;
  memory: BodyBudget;
  /** Disk space for bodies that arrive while there is no memory for them, and for those that are not authenticated yet. */
  spill: { authenticated: BodyBudget; unproven: BodyBudget };
  spillDir: string;
  pace: PaceWatch;
}

/** A body that has been read. Call `release` once the request is answered: large bodies share a budget of memory. */
export interface ReadBody {
  bytes: Buffer;
  /** Null: no proof was required. */
  verdict: BodyVerdict | null;
  release(): void;
}

const EMPTY = Buffer.alloc(0);
/** How much of an unauthenticated body is kept in memory. */
const MOST_UNPROVEN_BYTES = 1_048_576;

/**
 * Reads the raw bytes, decompressed if they are gzip, and their verdict by `proof`. Throws `Refused` (413, 415), or `Unavailable` when the
 * body arrives too slowly or too many large ones are in progress.
 */
export async function readBody(request: IncomingMessage, rules: BodyRules, proof: BodyProof | null): Promise<ReadBody> {
  const { 'content-length': length, 'transfer-encoding': chunked, 'content-encoding': encoding } = request.headers;
  if (chunked === undefined && (length === undefined || length === '0')) return nothing(proof);
  const packed = isPacked(encoding);
  if (!packed && length !== undefined && Number(length) <= Math.min(SMALL_BYTES, rules.maxBytes, proof?.mostBytes ?? rules.maxBytes))
    return readSmall(request, Number(length), rules.pace, proof);
  const reading = new Reading(rules, proof);
  if (Number(length) > reading.mostBytes) return reading.tooLong();
  return reading.run(request, packed, length === undefined ? null : Number(length));
}

/** Smaller than what the budget of memory counts. */
const SMALL_BYTES = 32_768;

const NOTHING_TO_RELEASE = () => {};

/** A small body of announced length: nothing of it has to be counted, nor put into a file. Most webhooks are such, and come in one piece. */
function readSmall(request: IncomingMessage, length: number, pace: PaceWatch, proof: BodyProof | null): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    const verifier = proof?.begin();
    const chunks: Buffer[] = [];
    const end = () => {
      maker.stop();
      request.off('data', take).off('end', finish).off('close', hangUp);
    };
    const fail = (error: unknown) => {
      end();
      reject(
        isHangUp(error)
          ? new SenderGone()
          : error instanceof OrderdockError || error instanceof SenderGone
            ? error
            : bufferingFailed(error),
      );
    };
    const hangUp = () => fail(new SenderGone());
    const maker = pace(fail);
    function take(chunk: Buffer): void {
      maker.arrived(chunk.length);
      chunks.push(chunk);
    }
    function finish(): void {
      end();
      try {
        for (const chunk of chunks) verifier?.update(chunk);
        const verdict = verifier?.finish() ?? null;
        const bytes = chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks, length);
        resolve({ bytes: verdict === null || verdict.accepted ? bytes : EMPTY, verdict, release: NOTHING_TO_RELEASE });
      } catch (error) {
        reject(error);
      }
    }
    request.on('data', take).once('end', finish).once('close', hangUp).on('error', fail);
  });
}

const nothing = (proof: BodyProof | null): ReadBody => ({ bytes: EMPTY, verdict: proof?.begin().finish() ?? null, release: () => {} });

function isPacked(encoding: string | undefined): boolean {
  if (encoding === undefined || encoding === '' || encoding.toLowerCase() === 'identity') return false;
  if (/^(x-)?gzip$/i.test(encoding)) return true;
  throw new RefusedWith(415, 'unsupported_encoding', 'Send the body uncompressed or with gzip.', {
    'Accept-Encoding': 'gzip, identity',
  });
}

class TooMuch extends Error {}

/** The sender disconnected mid-request: no response is possible. */
export class SenderGone extends Error {}

/** One body being received. */
class Reading {
  readonly mostBytes: number;
  private readonly rules: BodyRules;
  private readonly proof: BodyProof | null;
  // One share for both: a decompressed body must not wait for the memory of its own compressed bytes.
  private readonly memory: BodyAccount;
  private readonly spill: BodyAccount;
  private readonly kept: KeptBody[] = [];
  private cutOff: (error: Error) => void = () => {};
  private readonly pace: PaceWatch = (onTooSlow) => {
    this.cutOff = onTooSlow;
    return this.rules.pace(onTooSlow);
  };

  constructor(rules: BodyRules, proof: BodyProof | null) {
    this.rules = rules;
    this.proof = proof;
    const use: BudgetUse = { waitLimit: { leftMs: RESOURCE_WAIT_MS }, cutOff: (error) => this.cutOff(error) };
    this.memory = rules.memory.open(use);
    this.spill = (proof === null ? rules.spill.authenticated : rules.spill.unproven).open(use);
    this.mostBytes = Math.min(rules.maxBytes, proof?.mostBytes ?? rules.maxBytes);
  }

  async run(request: IncomingMessage, packed: boolean, announcedBytes: number | null): Promise<ReadBody> {
    try {
      const body = packed ? await this.unpacked(request, announcedBytes) : await this.collected(request, announcedBytes, this.pace);
      const accepted = body.verdict === null || body.verdict.accepted;
      return { bytes: accepted ? await body.kept.bytes() : EMPTY, verdict: body.verdict, release: () => this.drop() };
    } catch (error) {
      this.drop();
      if (error instanceof TooMuch) return this.tooLong();
      if (isHangUp(error)) throw new SenderGone();
      throw error instanceof OrderdockError || error instanceof SenderGone ? error : bufferingFailed(error);
    }
  }

  tooLong(): ReadBody {
    const verdict = this.proof?.whenLonger;
    if (verdict) return { bytes: EMPTY, verdict, release: () => {} };
    throw new Refused(413, 'body_too_large', `The body is larger than ${this.mostBytes} bytes.`);
  }

  private drop(): void {
    for (const one of this.kept) one.drop();
    this.memory.close();
    this.spill.close();
  }

  /** Bytes that cannot be decompressed are stored as they are. */
  private async unpacked(request: IncomingMessage, announcedBytes: number | null) {
    const raw = this.keep(announcedBytes);
    await consume(request, (chunk) => this.add(raw, chunk), this.pace);
    const gunzip = createGunzip();
    const source = raw.stream().on('error', (error) => gunzip.destroy(error));
    try {
      const unpacked = await this.collected(source.pipe(gunzip), null, null);
      raw.drop();
      return unpacked;
    } catch (error) {
      if (!isGzipFault(error)) throw error;
      return this.withVerdict(raw);
    } finally {
      gunzip.destroy();
    }
  }

  private async collected(stream: Readable, announcedBytes: number | null, pace: PaceWatch | null) {
    const kept = this.keep(announcedBytes);
    const verifier = this.proof?.begin();
    const take = (chunk: Buffer) => {
      verifier?.update(chunk);
      return this.add(kept, chunk);
    };
    await consume(stream, take, pace);
    return { kept, verdict: verifier?.finish() ?? null };
  }

  private async withVerdict(kept: KeptBody) {
    const verifier = this.proof?.begin();
    if (verifier) for await (const chunk of kept.stream()) verifier.update(chunk);
    return { kept, verdict: verifier?.finish() ?? null };
  }

  private keep(announcedBytes: number | null): KeptBody {
    const kept = keepBody({
      memory: this.memory,
      spill: { dir: this.rules.spillDir, account: this.spill },
      mostHeldBytes: this.proof === null ? Number.POSITIVE_INFINITY : MOST_UNPROVEN_BYTES,
      announcedBytes,
    });
    this.kept.push(kept);
    return kept;
  }

  private add(kept: KeptBody, chunk: Buffer): Promise<void> | null {
    if (kept.size() + chunk.length > this.mostBytes) throw new TooMuch();
    return kept.add(chunk);
  }
}

const bufferingFailed = (cause: unknown): Unavailable =>
  new Unavailable('body_not_kept', 'The body could not be buffered. Retry later.', 5000, { cause });

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
const isHangUp = (error: unknown): boolean => codeOf(error) === 'ECONNRESET';
const isGzipFault = (error: unknown): boolean => codeOf(error).startsWith('Z_');

/** Passes a stream's chunks on, pausing it while one is processed. Throws `SenderGone` when it closes prematurely. */
function consume(stream: Readable, take: (chunk: Buffer) => Promise<void> | null, pace: PaceWatch | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      maker?.stop();
      stream.off('data', onChunk).off('end', finish).off('close', hangUp);
    };
    const finish = () => {
      stop();
      resolve();
    };
    const fail = (error: unknown) => {
      stop();
      reject(error);
    };
    const hangUp = () => fail(new SenderGone());
    const maker = pace?.(fail);
    function onChunk(chunk: Buffer): void {
      maker?.arrived(chunk.length);
      try {
        const busy = take(chunk);
        if (busy === null) return;
        stream.pause();
        maker?.pause();
        busy.then(resume, fail);
      } catch (error) {
        fail(error);
      }
    }
    function resume(): void {
      maker?.resume();
      stream.resume();
    }
    stream.on('data', onChunk).once('end', finish).once('close', hangUp).on('error', fail);
  });
}

const LESS_THAN = 0x3c;
const BEFORE_TEXT = new Set([0x20, 0x09, 0x0a, 0x0d, 0x00, 0xef, 0xbb, 0xbf, 0xfe, 0xff]);
const FORMATS = new Map<string, WebhookRequest['format']>([
  ['application/json', 'json'],
  ['text/json', 'json'],
  ['application/xml', 'xml'],
  ['text/xml', 'xml'],
  ['application/x-www-form-urlencoded', 'form'],
]);

/** The format of the body; null: unsupported. Without a `Content-Type`, its first character decides. */
export function formatOf(contentType: string | undefined, body: Buffer): WebhookRequest['format'] | null {
  if (contentType === undefined || contentType.trim() === '') return firstCharacter(body) === LESS_THAN ? 'xml' : 'json';
  const known = FORMATS.get(contentType);
  if (known) return known;
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (type.endsWith('+json')) return 'json';
  return type.endsWith('+xml') ? 'xml' : (FORMATS.get(type) ?? null);
}

/** The first byte that is neither white space nor part of a byte order mark, nor a zero beside a character in UTF-16. */
function firstCharacter(body: Buffer): number | undefined {
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (!BEFORE_TEXT.has(byte)) return byte;
  }
  return undefined;
}
