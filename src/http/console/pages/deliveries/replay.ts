import { Refused } from '../../../../domain/errors.ts';
import type { PreviewedChange, ReplayPreview } from '../../../../processing/preview-replay.ts';
import { type DeliveryCriteria, isUnlimited, type ReplayFetch } from '../../../../processing/replay.ts';
import { readNames } from '../../../../store/entities/list-names.ts';
import { action, badge, button, note, section, table } from '../../components/components.ts';
import { countText, listText } from '../../components/format.ts';
import { type Html, html } from '../../components/html.ts';
import { deliveriesLink, deliveryLink, findLink, link } from '../../components/links.ts';
import { readSelection } from '../../criteria.ts';
import type { ConsolePorts, Page, PageRequest, View } from '../../page.ts';
import { errorSentence } from '../../trouble.ts';
import { differences } from '../orders/changes.ts';
import { namedDelivery } from './delivery.ts';
import { shortId } from './delivery-table.ts';

const MOST_SHOWN = 50;

export const fetchParam = (pageRequest: PageRequest): ReplayFetch => (pageRequest.param('fetch') === 'recorded' ? 'recorded' : 'fresh');

/** Previews the replay of one delivery, with the button that performs it. */
export const replayOnePage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const { id } = await namedDelivery(ports, pageRequest.segment('id'));
    return previewView(ports, pageRequest, { ids: [id] }, { id });
  };

/** The same for all selected deliveries, or all that match a filter. */
export const replayManyPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const { criteria, query } = await readSelection(ports, pageRequest);
    needCriterion(criteria);
    return previewView(ports, pageRequest, criteria, { ...query, id: idsText(criteria) });
  };

export function needCriterion(criteria: DeliveryCriteria): void {
  if (isUnlimited(criteria))
    throw new Refused(400, 'criterion_needed', 'Select deliveries or set a filter first: otherwise this would concern every delivery.');
}

/** Selected ids are joined into one member, so that they fit into a URL. */
export const idsText = ({ ids }: DeliveryCriteria): string | null => ids?.join(',') ?? null;

type Members = Record<string, string | null>;

async function previewView(ports: ConsolePorts, pageRequest: PageRequest, criteria: DeliveryCriteria, members: Members): Promise<View> {
  const fetch = fetchParam(pageRequest);
  const preview = await ports.previewReplay(criteria, fetch);
  const { number, changes } = preview;
  const names = await readNames(ports.context.db.read, changes.slice(0, MOST_SHOWN));
  const numbers = new Map(names.map((name) => [`${name.kind}:${name.externalId}`, name.number]));
  const other: ReplayFetch = fetch === 'fresh' ? 'recorded' : 'fresh';
  return {
    title: 'Replay',
    refreshSeconds: null,
    lead: html`<p>${leadOf(preview)}</p>`,
    body: html`${
      number === 0
        ? html`<p>${button('Deliveries', deliveriesLink({}))}</p>`
        : html`<p class="row">${action({ path: '/deliveries/replay', label: `Replay ${countText(number, 'delivery', 'deliveries')}`, csrf: pageRequest.csrf, hidden: { ...members, fetch }, look: 'primary' })}
<a class="button" href="${link('/deliveries/replay', { ...members, fetch: other })}">${other === 'recorded' ? 'Use the recorded response instead' : 'Fetch again instead'}</a></p>
<p class="faint">Notifications are ${fetch === 'fresh' ? 'fetched again from the platform' : 'processed with the recorded response'}. Nothing has been changed yet.</p>`
    }
${failures(preview)}${changes.length === 0 ? '' : section('What it would change', previewTable(changes, numbers))}`,
  };
}

function leadOf({ number, compared, changes, failures }: ReplayPreview): string {
  if (number === 0) return 'Nothing to replay: no finished delivery matches. One that is pending needs “Retry now” instead.';
  const actions = new Map<string, number>();
  for (const { action: name } of changes) actions.set(name, (actions.get(name) ?? 0) + 1);
  const found = [...actions].map(([name, count]) => `${countText(count, 'entity', 'entities')} ${name}`);
  const failing = failures.reduce((total, { count }) => total + count, 0);
  const outcome = [...found, ...(failing > 0 ? [`${failing} would fail again`] : [])];
  const rest = number - compared;
  return `${number.toLocaleString('en')} selected, ${compared.toLocaleString('en')} compared: ${outcome.length === 0 ? 'nothing would change' : listText(outcome)}${rest > 0 ? `; ${rest.toLocaleString('en')} not compared` : ''}.`;
}

const failures = ({ failures }: ReplayPreview): Html =>
  html`${failures.map(({ error, count, sampleId }) => note('watch', html`${count} would fail again: ${errorSentence(error)} <a href="${deliveryLink(sampleId)}">Show an example</a>`))}`;

const previewTable = (changes: readonly PreviewedChange[], numbers: ReadonlyMap<string, string | null>): Html =>
  html`${table(
    'What it would change',
    ['Entity', 'Would be', 'Lines', 'Differences', 'By'],
    changes.slice(0, MOST_SHOWN).map((change) => ({
      href: findLink(change.connection, change.kind, change.externalId),
      cells: [
        html`${change.kind} <span title="${change.externalId}">${numbers.get(`${change.kind}:${change.externalId}`) ?? shortId(change.externalId)}</span>`,
        badge(change.action, change.action === 'deleted' ? 'bad' : 'plain'),
        change.lines.slice(0, 6).join(', '),
        change.action === 'created'
          ? html`<span class="faint">created with ${countText(change.lines.length, 'line')}</span>`
          : html`<details><summary>${countText(change.diff.length, 'difference')}</summary>${differences(change.diff)}</details>`,
        html`<a href="${deliveryLink(change.deliveryId)}">delivery</a>`,
      ],
    })),
    '',
  )}${changes.length > MOST_SHOWN ? html`<p class="faint">And ${(changes.length - MOST_SHOWN).toLocaleString('en')} more.</p>` : ''}`;
