import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './engine.ts';
import { type Line, openLine, requestBytes, targetOf } from './load.ts';
import { percentile, rounded } from './percentile.ts';
import { sampleEvent } from './sample.ts';
import { API_KEY, startService } from './service.ts';

export interface Latency {
  processes: number;
  orders: number;
  p50Ms: number;
  p99Ms: number;
}

const PER_SECOND = 50;

/**
 * From the request to its entry in the feed, at 50 orders per second, read as server-sent events. With two processes, one receives and serves the
 * feed and the other processes.
 */
export async function measureLatency(engine: Engine, processes: 1 | 2, seconds: number): Promise<Latency> {
  const database = await engine.create();
  const options = { databaseUrl: database.url, directory: database.directory };
  const service = await startService({ ...options, roles: processes === 1 ? 'web,worker,schedule' : 'web' });
  const worker = processes === 2 ? await startService({ ...options, directory: `${database.directory}/worker`, roles: 'worker' }) : null;
  const end = new AbortController();
  try {
    const sentMs = new Map<string, number>();
    const tookMs: number[] = [];
    const reading = readFeed(service.url, end.signal, (externalId) => {
      const from = sentMs.get(externalId);
      if (from !== undefined) tookMs.push(performance.now() - from);
    });
    // The first second is for warming up, and lets a listening process detect that messages arrive.
    await post(service.url, 'warm', 2, new Map());
    await post(service.url, 'order', seconds, sentMs);
    for (let waitedMs = 0; tookMs.length < sentMs.size && waitedMs < 10_000; waitedMs += 50) await sleep(50);
    end.abort();
    await reading;
    if (tookMs.length < sentMs.size) throw new Error(`Only ${tookMs.length} of ${sentMs.size} orders came into the feed.`);
    return { processes, orders: tookMs.length, p50Ms: rounded(percentile(tookMs, 0.5), 1), p99Ms: rounded(percentile(tookMs, 0.99), 1) };
  } finally {
    end.abort();
    await Promise.all([service.stop(), worker?.stop()]);
    await database.drop();
  }
}

async function post(url: string, prefix: string, seconds: number, sentMs: Map<string, number>): Promise<void> {
  const target = targetOf(url);
  const free: Line[] = [];
  const startedMs = performance.now();
  const answers: Promise<void>[] = [];
  for (let n = 0; n < seconds * PER_SECOND; n++) {
    await sleep(Math.max(0, startedMs + (n * 1000) / PER_SECOND - performance.now()));
    const line = free.pop() ?? (await openLine(target));
    const body = sampleEvent(`${prefix}-${n}`);
    sentMs.set(JSON.parse(body).orderEvent.orderId, performance.now());
    answers.push(
      line.post(requestBytes(target, body)).then((status) => {
        if (status !== 202) throw new Error(`An order was answered ${status}.`);
        free.push(line);
      }),
    );
  }
  await Promise.all(answers);
  for (const line of free) line.close();
}

async function readFeed(url: string, end: AbortSignal, seen: (externalId: string) => void): Promise<void> {
  const headers = { authorization: `Bearer ${API_KEY}` };
  try {
    const answer = await fetch(`${url}/api/v1/changes/stream`, { headers, signal: end });
    let rest = '';
    for await (const chunk of (answer.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data:')) seen(JSON.parse(line.slice(5)).externalId);
    }
  } catch (error) {
    if (!end.aborted) throw error;
  }
}
