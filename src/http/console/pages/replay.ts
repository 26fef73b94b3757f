import type { PreviewedChange } from '../../../processing/preview-replay.ts';
import type { DeliveryCriteria, ReplayFetch } from '../../../processing/replay.ts';
import { action, badge, differences, section } from '../components.ts';
import { countText } from '../format.ts';
import { type Html, html } from '../html.ts';
import { deliveryLink, findLink, link } from '../links.ts';
import type { ConsolePorts, Page, View, Visit } from '../page.ts';
import { replayFilterOf } from './deliveries.ts';
import { namedDelivery } from './delivery.ts';

const MOST_SHOWN = 100;

export const askedFetch = (visit: Visit): ReplayFetch => (visit.asked('fetch') === 'recorded' ? 'recorded' : 'fresh');

/** What replaying one delivery would change; the button that does it stands below. */
export const replayOnePage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const delivery = await namedDelivery(ports, visit.segment('id'));
    const filter: DeliveryCriteria = { ids: [delivery.id] };
    return previewView(ports, visit, filter, { path: `/deliveries/${encodeURIComponent(delivery.id)}/replay`, hidden: {} });
  };

/** The same for all deliveries that a filter names. */
export const replayManyPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const filter = replayFilterOf(visit);
    const { state, connection, subject } = filter;
    return previewView(ports, visit, filter, { path: '/deliveries/replay', hidden: { state, connection, subject } });
  };

interface Target {
  path: string;
  hidden: Record<string, string | null>;
}

async function previewView(ports: ConsolePorts, visit: Visit, filter: DeliveryCriteria, { path, hidden }: Target): Promise<View> {
  const fetch = askedFetch(visit);
  const { number, complete, changes } = await ports.previewReplay(filter, fetch);
  const other: ReplayFetch = fetch === 'fresh' ? 'recorded' : 'fresh';
  const button = action({
    path,
    label: `Replay ${countText(number, 'delivery', 'deliveries')} now`,
    csrf: visit.csrf,
    hidden: { ...hidden, fetch },
    danger: true,
  });
  return {
    title: 'Replay',
    lead: html`<p>${leadOf(number, changes.length, complete)}</p>`,
    body: html`<p>What a notification only names is taken from ${fetch === 'fresh' ? 'the platform, as it is now' : 'what was fetched the first time'}.
<a href="${link(path, { ...hidden, fetch: other })}">${other === 'recorded' ? 'Take what was fetched the first time' : 'Ask the platform again'} instead</a></p>
${number > 0 ? html`<p class="row">${button}</p>` : ''}
${complete ? '' : html`<p class="verdict watch">Not all of them could be looked at: replaying may change more than is listed here.</p>`}${section('What it would change', previewList(changes))}`,
  };
}

function leadOf(number: number, changes: number, complete: boolean): string {
  if (number === 0) return 'There is nothing to replay here.';
  const named = `${countText(number, 'delivery is', 'deliveries are')} named.`;
  if (changes === 0 && complete) return `${named} Replaying would change nothing.`;
  return `${named} Nothing has been changed yet. Replaying would change ${countText(changes, 'entity', 'entities')}, listed below; press the button to do it.`;
}

const previewList = (changes: readonly PreviewedChange[]): Html =>
  changes.length === 0
    ? html`<p class="empty">Nothing.</p>`
    : html`<ol class="changes">${changes.slice(0, MOST_SHOWN).map(
        (
          change,
        ) => html`<li class="change"><p>${badge(change.action, 'plain')} <a href="${findLink(change.connection, change.kind, change.externalId)}">${change.kind} ${change.externalId}</a>
<span class="faint">by <a href="${deliveryLink(change.deliveryId)}">this delivery</a>${change.lines.length > 0 ? ` · line ${change.lines.join(', ')}` : ''}</span></p>${differences(change.diff)}</li>`,
      )}</ol>${changes.length > MOST_SHOWN ? html`<p class="faint">And ${changes.length - MOST_SHOWN} more.</p>` : ''}`;
