import type { Subject } from '../../domain/entity.ts';
import { RemoteFailure, RemoteMissing } from '../../domain/errors.ts';
import { parseJson } from '../../domain/json.ts';
import type { CircuitState, Remote, RemoteCall, RemoteClient } from '../../remote/remote.ts';
import type { CheckResult, FetchedResource, PlatformApi } from '../contract/api.ts';
import type { OrishaKind } from './events.ts';
import { changesIn, streamsOf } from './lists.ts';
import { type Codes, codesOfExternalId } from './read/codes.ts';
import { isOrishaKind, pathFor } from './read/record.ts';
import { ADMINISTRATION, type OrishaApiSettings, type OrishaSettings } from './settings.ts';

const TIMEOUT_MS = 15_000;

/** No limit is published: a pace that a catalogue's owner will not notice. */
const budgets = [{ name: 'api', calls: 5, perMs: 1000 }];

/** One connection's line to Orisha Commerce. */
export interface ApiClient {
  api: OrishaApiSettings;
  settings: OrishaSettings;
  /** JSON text of an answer. Throws `RemoteFailure` for one that is no JSON. */
  text(call: RemoteCall): Promise<string>;
  detail(subject: Subject, priority: 'fetch' | 'reconcile'): Promise<string>;
  /** A path template with its codes put in. */
  fill(template: string, codes: Codes): string;
  circuit(): CircuitState;
}

export function connect(settings: OrishaSettings, remote: Remote): PlatformApi | null {
  if (!settings.api) return null;
  const line = createApiClient(settings, settings.api, remote);
  return {
    fetch: async (subject, priority = 'fetch'): Promise<FetchedResource> => ({
      text: await line.detail(subject, priority),
      partial: false,
    }),
    streams: streamsOf(settings.api),
    changesSince: (stream, start) => changesIn(line, stream, start),
    check: () => check(line, remote),
    circuit: line.circuit,
  };
}

function createApiClient(settings: OrishaSettings, api: OrishaApiSettings, remote: Remote): ApiClient {
  const client = remote.client({
    baseUrl: api.baseUrl,
    timeoutMs: TIMEOUT_MS,
    budgets,
    sequential: false,
    authorize: secretInTurn(api.oauth2, remote),
  });
  const fill = (template: string, codes: Codes) =>
    fillTemplate(template, { ...codes, [ADMINISTRATION]: settings.webhook.administrations?.[0] ?? '' });
  const text = (call: RemoteCall) => readJsonText(client, call);
  const detail = async ({ kind, externalId }: Subject, priority: 'fetch' | 'reconcile') => {
    const template = isOrishaKind(kind) ? pathFor(kind, settings) : null;
    if (template === null) throw new RemoteFailure('no_path', `api.paths has no path for ${kind}`, 0);
    const path = fill(template, codesOfExternalId(kind as OrishaKind, externalId));
    return text({ method: 'GET', path, priority });
  };
  return { api, settings, text, detail, fill, circuit: client.circuit };
}

function fillTemplate(template: string, codes: Codes): string {
  const byName = new Map(Object.entries(codes).map(([name, code]) => [name.toLowerCase(), code]));
  return template.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(byName.get(name.toLowerCase()) ?? ''));
}

async function readJsonText(client: RemoteClient, call: RemoteCall): Promise<string> {
  const answer = await client.call({ ...call, headers: { Accept: 'application/json' } });
  try {
    parseJson(answer.text);
  } catch (cause) {
    throw new RemoteFailure('remote_unreadable', 'Orisha Commerce answered with something that is no JSON', answer.status, null, { cause });
  }
  return answer.text;
}

/** The first client secret that the token endpoint accepts. */
function secretInTurn(oauth2: OrishaApiSettings['oauth2'], remote: Remote): (renew: boolean) => Promise<Record<string, string>> {
  const { clientSecret, ...rest } = oauth2;
  const ways = clientSecret.map((secret) => remote.oauth2({ ...rest, clientSecret: secret }));
  let position = 0;
  return async (renew) => {
    for (let tried = 1; ; tried++) {
      try {
        return await (ways[position] as (typeof ways)[number])(renew);
      } catch (error) {
        const refused = error instanceof RemoteFailure && error.status >= 400 && error.status < 500 && error.status !== 429;
        if (!refused || tried >= ways.length) throw error;
        position = (position + 1) % ways.length;
      }
    }
  };
}

/** A token proves the credentials; the first configured list proves the address and the rights. */
async function check(line: ApiClient, remote: Remote): Promise<CheckResult[]> {
  const findings: CheckResult[] = [];
  try {
    await secretInTurn(line.api.oauth2, remote)(true);
    findings.push({ what: 'token', ok: true, text: `${new URL(line.api.oauth2.tokenUrl).host} gives a token` });
    for (const { name } of streamsOf(line.api).slice(0, 1)) {
      await changesIn(line, name, { watermark: null, since: null, page: null });
      findings.push({ what: 'api', ok: true, text: `${line.api.baseUrl} gives the list of ${name}` });
    }
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    const what = findings.length === 0 ? 'token' : 'api';
    const advice = what === 'token' ? 'api.oauth2' : error instanceof RemoteMissing ? 'api.baseUrl and api.lists' : 'api.baseUrl';
    findings.push({ what, ok: false, text: `${error.message}. Check ${advice}` });
  }
  return findings;
}
