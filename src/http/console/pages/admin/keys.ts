import { ROLES } from '../../../../domain/role.ts';
import type { KeyLimits } from '../../../../domain/scope.ts';
import type { NewApiKey } from '../../../../feed/api-keys.ts';
import { listApiKeys } from '../../../../store/access/list-api-keys.ts';
import { action, section, table, time } from '../../components/components.ts';
import { type Html, html } from '../../components/html.ts';
import { link } from '../../components/links.ts';
import type { ConsolePorts, Page, PageRequest, View } from '../../page.ts';

export const keysPage =
  (ports: ConsolePorts): Page =>
  (pageRequest) =>
    keysView(ports, pageRequest, null);

/** All keys; `made` is the one just created, which is shown only now. */
export async function keysView(ports: ConsolePorts, pageRequest: PageRequest, made: NewApiKey | null): Promise<View> {
  const stored = await listApiKeys(ports.context.db.read);
  return {
    title: 'API keys',
    refreshSeconds: null,
    lead: html`<p>Only hashes are stored: a key is shown once, when it is created. A revoked key stops working immediately, in every process.</p>`,
    body: html`${made === null ? '' : shownOnce(made)}
${table(
  'API keys',
  ['Name', 'Role', 'Limited to', 'Source', 'Created', 'Last used', ''],
  [
    // A limited key does not see unlimited ones.
    ...(pageRequest.caller.scope === null ? ports.settingsKeys : []).map(({ name, role }) => ({
      cells: [html`<strong>${name}</strong>`, role, 'nothing', 'API_KEYS', '–', '–', ''],
    })),
    ...stored.map((key) => ({
      cells: [
        html`<strong>${key.name}</strong>`,
        key.role,
        limitsText(key),
        'database',
        time(key.createdAt, pageRequest),
        time(key.lastUsedAt, pageRequest),
        action({ path: `/keys/${encodeURIComponent(key.name)}/revoke`, label: 'Revoke', csrf: pageRequest.csrf, look: 'danger' }),
      ],
    })),
  ],
  'None.',
)}
${section('Create a key', newKeyForm(pageRequest))}`,
  };
}

const limitsText = ({ connections, consumers }: KeyLimits): string =>
  [
    connections === null ? null : `connections ${connections.join(', ') || 'none'}`,
    consumers === null ? null : `consumers ${consumers.join(', ') || 'none'}`,
  ]
    .filter((part) => part !== null)
    .join('; ') || 'nothing';

const shownOnce = (made: NewApiKey): Html =>
  html`<div class="once" role="status"><p>The key <strong>${made.name}</strong> (${made.role}). Copy it now: it is not shown again.</p><p><code>${made.key}</code></p></div>`;

const newKeyForm = (
  pageRequest: PageRequest,
): Html => html`<form class="filter" method="post" action="${link('/keys')}"><input type="hidden" name="csrf" value="${pageRequest.csrf}">
<label>Name <input name="name" required pattern="[A-Za-z0-9_.\\-]{1,64}" autocomplete="off"></label>
<label>Role <select name="role">${ROLES.map((role) => html`<option>${role}</option>`)}</select></label>
<label>Only these connections <input name="connections" autocomplete="off" placeholder="all"></label>
<label>Only these consumers <input name="consumers" autocomplete="off" placeholder="all"></label><button class="primary">Create key</button></form>`;
