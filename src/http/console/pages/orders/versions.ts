import { Refused } from '../../../../domain/errors.ts';
import { objectAt } from '../../../../domain/values/json.ts';
import { readHistory } from '../../../../store/feed/read-changes.ts';
import { viewAsOf } from '../../../../views/as-of.ts';
import { button, note, section, time } from '../../components/components.ts';
import { html } from '../../components/html.ts';
import { textView } from '../../components/json-view.ts';
import { entityLink } from '../../components/links.ts';
import { timeParam } from '../../criteria.ts';
import type { ConsolePorts, Page } from '../../page.ts';
import { differences } from './changes.ts';
import { namedEntity, placeOf } from './entity.ts';

const MOST_VERSIONS = 1000;

/** An entity as a consumer of the feed saw it at a time, or two of its versions side by side. */
export const versionsPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const sql = ports.context.db.read;
    const entity = await namedEntity(ports, pageRequest);
    const history = await readHistory(sql, entity.id, { after: '0', limit: MOST_VERSIONS });
    const at = timeParam(pageRequest, 'at');
    const named = (name: string) => history.find(({ position }) => position === pageRequest.param(name));
    const [from, to] = at === null ? [named('from'), named('to')] : [undefined, history.findLast((change) => change.at <= at)];
    const title = `${entity.kind} ${entity.header.number ?? entity.externalId}`;
    const frame = { place: placeOf(entity), refreshSeconds: null };
    const back = html`<p>${button('Back', entityLink(entity.id))}</p>`;
    if (!to || (at === null && !from)) {
      if (at === null) throw new Refused(404, 'not_found', 'This version does not exist.');
      return {
        ...frame,
        title,
        lead: html`<p>At ${time(at, pageRequest)} it was not in the feed yet, so no consumer had seen it.</p>`,
        body: back,
      };
    }
    const after = await viewAsOf(sql, entity, { position: to.position });
    if (!from)
      return {
        ...frame,
        title: `${title} as it was`,
        lead: html`<p>At ${time(at, pageRequest)} the ERP saw version ${to.version}, which was made ${time(to.at, pageRequest)}.${to === history.at(-1) ? ' It is still the latest version.' : ''}</p>`,
        body: html`${back}${section(`Version ${to.version}`, textView(JSON.stringify(after), 'version'))}`,
      };
    const before = await viewAsOf(sql, entity, { position: from.position });
    return {
      ...frame,
      title: `${title}: version ${from.version} and ${to.version}`,
      lead: html`<p>Version ${from.version} was made ${time(from.at, pageRequest)}, version ${to.version} ${time(to.at, pageRequest)}.</p>`,
      body: html`${back}${section('Differences', differences(differencesOf(before, after)))}
<div class="compare">${section(`Version ${from.version}`, textView(JSON.stringify(before), 'before'))}${section(`Version ${to.version}`, textView(JSON.stringify(after), 'after'))}</div>
${note('plain', 'This is what the API returns with “asOf”.')}`,
    };
  };

/** Every path at which two documents differ; lines are named by their position. */
function differencesOf(before: unknown, after: unknown): { path: string; before: unknown; after: unknown }[] {
  const [one, other] = [flattened(before), flattened(after)];
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((path) => one.get(path) !== other.get(path))
    .sort()
    .map((path) => ({ path, before: one.get(path), after: other.get(path) }));
}

function flattened(value: unknown, path = '', found = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return found.set(path, value);
  for (const [key, item] of Object.entries(value)) flattened(item, `${path}/${Array.isArray(value) ? nameOf(item, key) : key}`, found);
  return found;
}

function nameOf(item: unknown, index: string): string {
  const { position, name, externalId } = objectAt(item);
  return String(position ?? externalId ?? name ?? index);
}
