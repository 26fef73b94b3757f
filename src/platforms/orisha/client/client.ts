import type { Subject } from '../../../domain/entities/entity.ts';
import { RemoteFailure } from '../../../domain/errors.ts';
import { objectAt, parseJson } from '../../../domain/values/json.ts';
import { pathSegment } from '../../../domain/values/outgoing-path.ts';
import type { CircuitState, Remote, RemoteCall, RemoteClient, RemoteResponse } from '../../../remote/remote.ts';
import { type AnswerTime, readAnswerTime } from '../../contract/answer-time.ts';
import { assertSameId } from '../../contract/assert-same-id.ts';
import { secretInTurn } from '../../contract/secret-in-turn.ts';
import type { OrishaKind } from '../events.ts';
import { type Codes, codesOfExternalId, readCodes } from '../read/codes.ts';
import { isOrishaKind, pathFor } from '../read/record.ts';
import { ADMINISTRATION, type OrishaApiSettings, type OrishaSettings } from '../settings.ts';

const TIMEOUT_MS = 15_000;

/** No limit is published: a rate low enough not to disturb the platform. */
const budgets = [{ name: 'api', calls: 5, perMs: 1000 }];

/** The Orisha Commerce client of one connection. */
export interface ApiClient {
  api: OrishaApiSettings;
  settings: OrishaSettings;
  /** JSON text of a response. Throws `RemoteFailure` if it is not JSON. */
  text(call: RemoteCall): Promise<string>;
  /** The same with the time of the response. */
  list(call: RemoteCall): Promise<AnswerTime & { text: string }>;
  detail(subject: Subject, priority: 'fetch' | 'reconcile'): Promise<string>;
  /** Fills codes into a path template. */
  fill(template: string, codes: Codes): string;
  /** A response of any form, for the management endpoint. */
  call(call: RemoteCall): Promise<RemoteResponse>;
  circuit(): CircuitState;
}

export function createApiClient(settings: OrishaSettings, api: OrishaApiSettings, remote: Remote): ApiClient {
  const client = remote.client({
    baseUrl: api.baseUrl,
    timeoutMs: TIMEOUT_MS,
    budgets,
    sequential: false,
    authorize: secretInTurn(api.oauth2, remote),
  });
  const fill = (template: string, codes: Codes) => fillTemplate(template, { ...codes, ...administrationOf(settings) });
  const list = async (call: RemoteCall) => {
    const { text: json, headers } = await callForJson(client, call);
    return { text: json, ...readAnswerTime(headers, remote.now()) };
  };
  const text = async (call: RemoteCall) => (await callForJson(client, call)).text;
  const detail = async ({ kind, externalId }: Subject, priority: 'fetch' | 'reconcile') => {
    const template = isOrishaKind(kind) ? pathFor(kind, settings) : null;
    if (!isOrishaKind(kind) || template === null) throw new RemoteFailure('no_path', `api.paths has no path for ${kind}`, 0);
    const path = fill(template, codesOfExternalId(kind, externalId));
    const json = await text({ method: 'GET', path, priority });
    assertRequested(kind, externalId, json);
    return json;
  };
  return { api, settings, text, list, detail, fill, call: client.call, circuit: client.circuit };
}

const administrationOf = ({ webhook }: OrishaSettings): Codes =>
  webhook.administrations?.[0] === undefined ? {} : { [ADMINISTRATION]: webhook.administrations[0] };

function fillTemplate(template: string, codes: Codes): string {
  const byName = new Map(Object.entries(codes).map(([name, code]) => [name.toLowerCase(), code]));
  return template.replace(/\{(\w+)\}/g, (_all, name: string, at: number) => {
    const code = byName.get(name.toLowerCase());
    if (code === undefined) return '';
    return template.slice(0, at).includes('?') ? encodeURIComponent(code) : pathSegment(code);
  });
}

async function callForJson(client: RemoteClient, call: RemoteCall): Promise<RemoteResponse> {
  const answer = await client.call({ ...call, headers: { Accept: 'application/json' } });
  try {
    parseJson(answer.text);
  } catch (cause) {
    throw new RemoteFailure('remote_unreadable', 'The response of Orisha Commerce is not JSON', answer.status, null, { cause });
  }
  return answer;
}

/** The members of a record are not published, but one without any would leave nothing of what is stored, and one with other codes is another record. */
function assertRequested(kind: OrishaKind, externalId: string, json: string): void {
  const record = objectAt(parseJson(json));
  if (Object.keys(record).length === 0) throw new RemoteFailure('remote_unreadable', 'The record of Orisha Commerce has no members', 0);
  // Without all its codes a record does not identify itself.
  for (const [name, code] of Object.entries(readCodes(kind, record) ?? {}))
    assertSameId(codesOfExternalId(kind, externalId)[name] ?? code, code);
}
