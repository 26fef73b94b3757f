import { Refused } from '../../../../domain/errors.ts';
import { listDeliveries } from '../../../../store/deliveries/list.ts';
import { readReplay } from '../../../../store/deliveries/list-replays.ts';
import { facts, section, time } from '../../components/components.ts';
import { countText, listText } from '../../components/format.ts';
import { html } from '../../components/html.ts';
import type { ConsolePorts, Page } from '../../page.ts';
import { deliveryTable, readResources } from './delivery-table.ts';

const MOST_SHOWN = 50;

/** The outcome of the deliveries of one replay; refreshes until all of them have finished. */
export const replayedPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const sql = ports.context.db.read;
    const replay = await readReplay(sql, pageRequest.segment('id'));
    if (!replay) throw new Refused(404, 'not_found', 'No replay has this id.');
    const { number, states } = replay;
    const countOf = (...names: string[]) => names.reduce((sum, name) => sum + (states[name] ?? 0), 0);
    const open = countOf('pending', 'working');
    const [done, ignored, failed] = [countOf('done'), countOf('ignored'), countOf('dead')];
    const parts = [
      done > 0 ? `${done.toLocaleString('en')} done` : null,
      ignored > 0 ? `${ignored.toLocaleString('en')} without effect` : null,
      failed > 0 ? `${failed.toLocaleString('en')} failed` : null,
      open > 0 ? `${open.toLocaleString('en')} in progress` : null,
    ].filter((part) => part !== null);
    const rest = await listDeliveries(sql, { replayId: replay.id, state: failed > 0 ? 'dead' : null }, { before: null, limit: MOST_SHOWN });
    return {
      title: open > 0 ? 'Replay in progress' : 'Replay finished',
      refreshSeconds: open > 0 ? 2 : null,
      lead: html`<p>${countText(number, 'delivery', 'deliveries')} queued${parts.length === 0 ? '.' : `: ${listText(parts)}.`}${open > 0 ? ' This page refreshes itself.' : ''}</p><p><progress max="${Math.max(1, number)}" value="${number - open}" aria-label="Progress"></progress></p>`,
      body: html`${facts([
        ['Started', time(replay.at, pageRequest)],
        ['By', replay.by],
      ])}
${section(failed > 0 ? 'Failed again' : 'Deliveries', deliveryTable(rest, await readResources(sql, rest), pageRequest))}${number > rest.length && failed === 0 ? html`<p class="faint">The newest ${rest.length} are shown.</p>` : ''}`,
    };
  };
