import { objectAt } from '../../domain/values/json.ts';
import { readRegistered } from '../../monitoring/check-registrations.ts';
import type { OpenContext } from '../../open-context.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import { errorLine, type Finding, failure, ok, warning } from './findings.ts';

const TIMEOUT_MS = 10_000;
/** Tokens and signatures are refused once clocks differ by minutes; half a minute already shows an unsynchronised clock. */
const CLOCK_TOLERANCE_MS = 30_000;

/** Checks that every connection's API accepts our credentials, and compares clocks. */
export async function checkConnections(context: OpenContext, publicUrl: string | null): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const connection of context.connections.list()) findings.push(...(await checkConnection(context, connection, publicUrl)));
  return findings;
}

async function checkConnection(context: OpenContext, connection: Connection, publicUrl: string | null): Promise<Finding[]> {
  const { name } = connection;
  const entry = checkEntry(connection);
  try {
    const api = context.api(connection);
    if (!api) return [entry, warning('connections', name, 'no api is configured: nothing can be fetched or reconciled')];
    const found = (await api.check()).map(
      (one): Finding => ({ area: 'connections', what: `${name}: ${one.what}`, level: one.ok ? 'ok' : 'failure', text: one.text }),
    );
    const clock = found.some((one) => /clock/i.test(one.what)) ? [] : await checkClock(context, connection);
    return [entry, ...found, ...clock, ...(await checkRegistered(context, connection, publicUrl))];
  } catch (error) {
    return [entry, failure('connections', `${name}: api`, `${errorLine(error)} Check the api part of this connection`)];
  }
}

/** Checks what the platform has registered for us. Every new connection starts unregistered, so that is only a warning. */
async function checkRegistered(context: OpenContext, connection: Connection, publicUrl: string | null): Promise<Finding[]> {
  const what = `${connection.name}: registration`;
  try {
    const checked = await readRegistered(context, connection, publicUrl);
    if (checked === null) return [];
    if (checked.differences.length === 0) return [ok('connections', what, 'our webhook is registered and enabled')];
    return checked.differences.map(({ kind, text, command }) => {
      const said = command === null ? text : `${text} ${command}`;
      return kind === 'disabled' ? failure('connections', what, `webhook_disabled: ${said}`) : warning('connections', what, said);
    });
  } catch (error) {
    return [warning('connections', what, `${errorLine(error)} The registered webhooks could not be read from the platform`)];
  }
}

/** Whether any credentials are configured: without them every webhook is refused. */
function checkEntry({ name, settings }: Connection): Finding {
  const { auth = [], allowIps: _allowIps, ...others } = settings.webhook;
  const open = auth.length > 0 || Object.keys(others).some((member) => /secret|key|signature/i.test(member));
  return open
    ? ok('connections', `${name}: webhook`, 'credentials for incoming webhooks are configured')
    : failure(
        'connections',
        `${name}: webhook`,
        'no credentials are configured, so every webhook is refused. Add an entry to webhook.auth',
      );
}

async function checkClock(context: OpenContext, connection: Connection): Promise<Finding[]> {
  const what = `${connection.name}: clock`;
  const baseUrl = objectAt(objectAt(connection.settings).api).baseUrl;
  if (typeof baseUrl !== 'string') return [];
  try {
    const reply = await context.remote.plain({ baseUrl, method: 'GET', path: '', timeoutMs: TIMEOUT_MS });
    const theirs = Date.parse(reply.headers.date ?? '');
    if (Number.isNaN(theirs)) return [];
    const apartMs = Math.abs(theirs - context.clock.now().getTime());
    const text = `${Math.round(apartMs / 1000)} s off the platform's clock`;
    return [
      apartMs < CLOCK_TOLERANCE_MS
        ? ok('connections', what, text)
        : failure('connections', what, `${text}. Synchronise this machine's clock by NTP: signatures and tokens depend on it`),
    ];
  } catch {
    // The check of the API reports whether it is reachable.
    return [];
  }
}
