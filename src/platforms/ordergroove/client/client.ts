import { RemoteFailure } from '../../../domain/errors.ts';
import { type Json, type JsonObject, listAt, objectAt, parseJson, textAt } from '../../../domain/values/json.ts';
import type { Budget, CircuitState, Remote, RemoteCall, RemoteResponse } from '../../../remote/remote.ts';
import { type AnswerTime, readAnswerTime } from '../../contract/answer-time.ts';
import { redactText } from '../redact.ts';
import { createConcurrencyLimit } from './concurrency.ts';
import { followableLink } from './followable-link.ts';

// 6,000 calls a minute, at most 5 threads (developer.ordergroove.com, API rate limits and data pipelines, read 2026-07).
const budgets: readonly Budget[] = [{ name: 'calls', calls: 6000, perMs: 60_000 }];
const MAX_PARALLEL = 5;

// Lists over a long period are slow; the guide mentions 20 s.
const TIMEOUT_MS = 30_000;

export interface ListPage extends AnswerTime {
  rows: JsonObject[];
  /** The full address of the next page; null after the last one. */
  next: string | null;
}

/** A client for one of the platform's two APIs. Credentials are redacted in everything it reads. */
export interface ApiClient {
  /** Throws `RemoteFailure` if a 2xx response is not JSON. */
  json(call: RemoteCall): Promise<Json>;
  /** One page of a list by its cursor. */
  page(call: RemoteCall): Promise<ListPage>;
  circuit(): CircuitState;
}

/** `apiKeys`: the first is used; after a 401 the next one. */
export function createApiClient(baseUrl: string, apiKeys: readonly string[], remote: Remote, secondary = false): ApiClient {
  let current = 0;
  const client = remote.client({
    baseUrl,
    timeoutMs: TIMEOUT_MS,
    budgets,
    sequential: false,
    secondary,
    refuses: isRefusal,
    authorize: async (renew) => {
      if (renew) current = (current + 1) % apiKeys.length;
      return { 'x-api-key': apiKeys[current] ?? '' };
    },
  });
  const limited = createConcurrencyLimit(MAX_PARALLEL);
  // Without the version the response uses numbered pages, which are deprecated and shift while being read.
  const headers = { Accept: 'application/json', 'X-OG-API-VERSION': '2' };
  const send = (call: RemoteCall) => limited(() => client.call({ ...call, headers: { ...headers, ...call.headers } }));
  return {
    async json(call) {
      const answer = await send(call);
      return parseAnswer(answer.text, answer.status);
    },
    async page(call) {
      const isLink = /^https?:/i.test(call.path);
      const answer = await send(isLink ? { ...call, path: followableLink(baseUrl, call.path) } : call);
      return { ...readPage(parseAnswer(answer.text, answer.status)), ...readAnswerTime(answer.headers, remote.now()) };
    },
    circuit: client.circuit,
  };
}

// A wrong key gets a 403 (OpenAPI examples, read 2026-07). Entitlements are a separate product and may be refused on their own.
const isRefusal = ({ path }: RemoteCall, { status, text }: RemoteResponse): boolean =>
  status === 403 && /authentication failed/i.test(text) && !path.includes('/entitlements/');

function parseAnswer(text: string, status: number): Json {
  // The response to an update may be empty.
  if (text.trim() === '') return {};
  try {
    return parseJson(redactText(text));
  } catch (error) {
    throw new RemoteFailure('remote_unreadable', 'The response of the API is not JSON', status, null, { cause: error });
  }
}

// Some documented lists are a plain list or a single object instead of `{results}`.
function readPage(answer: Json): Pick<ListPage, 'rows' | 'next'> {
  const { results, next } = objectAt(answer);
  if (results !== undefined && !Array.isArray(results))
    throw new RemoteFailure('remote_unreadable', 'The response of the API contains no list', 0);
  return { rows: listAt(results === undefined ? answer : results).map(objectAt), next: textAt(next) };
}

/** Every row of a list, page by page. */
export async function allRows(client: ApiClient, call: RemoteCall): Promise<JsonObject[]> {
  const rows: JsonObject[] = [];
  const seen = new Set<string>();
  for (let page = await client.page(call); ; page = await client.page({ method: 'GET', path: page.next, ...priorityOf(call) })) {
    rows.push(...page.rows);
    if (page.next === null || seen.has(page.next)) return rows;
    seen.add(page.next);
  }
}

const priorityOf = ({ priority }: RemoteCall): Pick<RemoteCall, 'priority'> => (priority === undefined ? {} : { priority });
