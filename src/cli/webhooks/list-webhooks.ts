import type { RegisteredWebhook } from '../../domain/registered-webhook.ts';
import { compareRegistrations } from '../../monitoring/compare-registrations.ts';
import { answer, type Row, table } from '../answer.ts';
import type { CliRuntime } from '../runtime.ts';
import { guideOf, guideText, type ManagedConnection, requireVerb, verbsOf } from './managed-connection.ts';

/** What is registered compared with what is wanted; without a management API, what to enter in the portal. */
export async function listWebhooks(runtime: CliRuntime, managed: ManagedConnection, json: true | undefined): Promise<void> {
  const { connection, management, wantedUrl } = managed;
  if (!management) {
    const text = () => `No management API here. Enter this in the portal:\n${guideText(managed)}\n`;
    return answer(runtime, json, { registered: null, portal: guideOf(managed) }, text);
  }
  const registered = await requireVerb(managed, 'list')();
  const found = compareRegistrations(connection, registered, wantedUrl, { enable: management.enable !== undefined });
  const differences = found.map(({ text, command }) => (command === null ? text : `${text} ${command}`));
  if (wantedUrl === null) differences.unshift('PUBLIC_URL is not set: a registration is recognised as ours by its path alone.');
  answer(runtime, json, { registered, wanted: { url: wantedUrl }, differences, verbs: verbsOf(management) }, () => {
    const lines = differences.length === 0 ? ['The registration is as wanted.'] : differences.map((difference) => `- ${difference}`);
    return `${table(registered.map(rowOf), 'Nothing is registered.')}\n${lines.join('\n')}\n`;
  });
}

const rowOf = ({ id, name, url, enabled, events, statistics }: RegisteredWebhook): Row => ({
  id,
  ...(name === null ? {} : { name }),
  url,
  enabled,
  events: events.length,
  ...statistics,
});
