import { RemoteFailure } from '../../../domain/errors.ts';
import { type Json, parseJson } from '../../../domain/values/json.ts';
import type { Budget, Remote, RemoteCall, RemoteClient } from '../../../remote/remote.ts';
import { type AnswerTime, readAnswerTime } from '../../contract/answer-time.ts';
import type { OrdermentumApiSettings } from '../settings.ts';

// Slightly longer than theirs: calls are counted when they are sent, and their latencies differ.
const PER_MINUTE = { perMs: 60_500 };

/** Calls per minute, from the page on rate limits (as known in 2026-11). It has none for invoices, credit notes and webhooks, which use the strictest. */
const budgets: Budget[] = [
  { name: 'order-detail', calls: 24, ...PER_MINUTE },
  { name: 'order-search', calls: 40, ...PER_MINUTE },
  { name: 'purchaser-read', calls: 40, ...PER_MINUTE },
  { name: 'invoice-read', calls: 24, ...PER_MINUTE },
  { name: 'credit-note-read', calls: 24, ...PER_MINUTE },
  { name: 'webhooks', calls: 12, ...PER_MINUTE },
];

const TIMEOUT_MS = 15_000;

/** One connection's calls to Ordermentum. `json` throws `RemoteFailure` when a 2xx answer is not JSON. */
export interface ApiClient extends Pick<RemoteClient, 'call' | 'circuit'> {
  api: OrdermentumApiSettings;
  now(): Date;
  json(call: RemoteCall): Promise<Json>;
  /** The same with the time of the response. */
  list(call: RemoteCall): Promise<AnswerTime & { answer: Json }>;
}

export function createApiClient(api: OrdermentumApiSettings, baseUrl: string, remote: Remote, secondary = false): ApiClient {
  const client = remote.client({
    baseUrl,
    timeoutMs: TIMEOUT_MS,
    budgets,
    sequential: false,
    secondary,
    authorize: credentialsInTurn(api, remote),
  });
  const list = async (call: RemoteCall) => {
    const answer = await client.call({ ...call, headers: { Accept: 'application/json', ...call.headers } });
    return { answer: parseAnswer(answer.text, answer.status), ...readAnswerTime(answer.headers, remote.now()) };
  };
  const json = async (call: RemoteCall) => (await list(call)).answer;
  return { api, now: remote.now, call: client.call, circuit: client.circuit, json, list };
}

const KEY_CHANGE_MS = 10_000;

/**
 * Uses the first key and token until they are refused, then the next. Calls that were refused together with the first one must not advance them
 * again.
 */
function credentialsInTurn(
  { apiKey = [], token = [] }: OrdermentumApiSettings,
  remote: Remote,
): (renew: boolean) => Promise<Record<string, string>> {
  let position = 0;
  let changedAtMs = Number.NEGATIVE_INFINITY;
  const chosen = (values: readonly string[]) => values[position % values.length];
  return async (renew) => {
    const nowMs = remote.now().getTime();
    if (renew && nowMs - changedAtMs > KEY_CHANGE_MS) {
      position++;
      changedAtMs = nowMs;
    }
    const [key, bearer] = [chosen(apiKey), chosen(token)];
    return { ...(key === undefined ? {} : { 'x-api-key': key }), ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }) };
  };
}

export function parseAnswer(text: string, status: number): Json {
  if (text.trim() === '') return null;
  try {
    return parseJson(text);
  } catch (cause) {
    throw new RemoteFailure('remote_unreadable', 'The response of Ordermentum is not JSON', status, null, { cause });
  }
}
