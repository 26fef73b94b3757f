import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { startChild } from './child.ts';
import { median } from './median.ts';
import { SAMPLE_CREDENTIALS, sampleEvent } from './sample.ts';

export interface IntakeFigures {
  baselinePerSecond: number;
  intakePerSecond: number;
  ratio: number;
  baselineP99Ms: number;
  intakeP99Ms: number;
  refused: number;
}

const CONNECTIONS = 64;

/**
 * Intake (authenticated, deduplicated, committed and synced) beside an Express handler that parses and stores nothing: the two in turn, so
 * that a machine whose speed drifts does both the same good. Every request is a new event.
 */
export async function measureIntake(rounds: number, seconds: number): Promise<IntakeFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orderdock-bench-'));
  const servers = [
    startChild('baseline-server.ts', {}),
    startChild('orderdock-server.ts', { DATA_DIR: dataDir, PORT: '0', ROLES: 'web', API_KEYS: 'bench:admin:bench-key' }),
  ];
  try {
    const [baseline, intake] = await Promise.all(servers.map((server) => server.url));
    const results = { baseline: [] as autocannon.Result[], intake: [] as autocannon.Result[] };
    await load(baseline ?? '', 1);
    await load(intake ?? '', 1);
    for (let round = 0; round < rounds; round++) {
      results.baseline.push(await load(baseline ?? '', seconds));
      results.intake.push(await load(intake ?? '', seconds));
    }
    return figures(results);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(dataDir, { recursive: true, force: true });
  }
}

const load = (url: string, seconds: number): Promise<autocannon.Result> =>
  autocannon({
    url: `${url}/webhooks/bench/orders`,
    connections: CONNECTIONS,
    duration: seconds,
    method: 'POST',
    idReplacement: true,
    body: sampleEvent('[<id>]'),
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${SAMPLE_CREDENTIALS.username}:${SAMPLE_CREDENTIALS.password}`).toString('base64')}`,
    },
  });

function figures({ baseline, intake }: { baseline: autocannon.Result[]; intake: autocannon.Result[] }): IntakeFigures {
  const rate = (results: autocannon.Result[]) => results.map((result) => result.requests.average);
  const ratios = rate(intake).map((value, round) => value / (rate(baseline)[round] ?? 1));
  return {
    baselinePerSecond: Math.round(median(rate(baseline))),
    intakePerSecond: Math.round(median(rate(intake))),
    ratio: Number(median(ratios).toFixed(2)),
    baselineP99Ms: median(baseline.map((result) => result.latency.p99)),
    intakeP99Ms: median(intake.map((result) => result.latency.p99)),
    refused: intake.reduce((sum, result) => sum + result.non2xx + result.errors, 0),
  };
}
