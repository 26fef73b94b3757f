import { ROLES } from '../../../domain/role.ts';
import type { NewApiKey } from '../../../feed/api-keys.ts';
import { listApiKeys } from '../../../store/access/list-api-keys.ts';
import { action, section, table, time } from '../components.ts';
import { type Html, html } from '../html.ts';
import { link } from '../links.ts';
import type { ConsolePorts, Page, View, Visit } from '../page.ts';

export const keysPage =
  (ports: ConsolePorts): Page =>
  (visit) =>
    keysView(ports, visit, null);

/** All keys; `made` is the one that was just made: only now can it be shown. */
export async function keysView(ports: ConsolePorts, visit: Visit, made: NewApiKey | null): Promise<View> {
  const stored = await listApiKeys(ports.context.db.read);
  const fromSettings = ports.settingsKeys.map(({ name, role }) => [name, role, 'the settings', '–', '–', '']);
  return {
    title: 'Keys',
    lead: html`<p>Who may ask. Only hashes are kept: a key is shown once, when it is made. A key that is taken away ends at once, on every process.</p>`,
    body: html`${made === null ? '' : shownOnce(made)}
${table(
  'Keys',
  ['Name', 'Role', 'From', 'Made', 'Last used', ''],
  [
    ...fromSettings,
    ...stored.map((key) => [
      key.name,
      key.role,
      'the store',
      time(key.createdAt, visit.now),
      time(key.lastUsedAt, visit.now),
      action({ path: `/keys/${encodeURIComponent(key.name)}/revoke`, label: 'Revoke', csrf: visit.csrf, danger: true }),
    ]),
  ],
  'None.',
)}
${section('A new key', newKeyForm(visit))}`,
  };
}

const shownOnce = (made: NewApiKey): Html =>
  html`<div class="once" role="status"><p>The key <strong>${made.name}</strong> (${made.role}). Copy it now: it is not shown again.</p><p><code>${made.key}</code></p></div>`;

const newKeyForm = (
  visit: Visit,
): Html => html`<form class="filter" method="post" action="${link('/keys')}"><input type="hidden" name="csrf" value="${visit.csrf}">
<label>Name <input name="name" required pattern="[A-Za-z0-9_.\\-]{1,64}" autocomplete="off"></label>
<label>Role <select name="role">${ROLES.map((role) => html`<option>${role}</option>`)}</select></label><button>Make the key</button></form>`;
