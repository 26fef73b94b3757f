import { listDeliveries } from '../../../../store/deliveries/list.ts';
import { hiddenMembers, section } from '../../components/components.ts';
import { countText } from '../../components/format.ts';
import { html } from '../../components/html.ts';
import { link } from '../../components/links.ts';
import { readSelection } from '../../criteria.ts';
import type { ConsolePorts, Page } from '../../page.ts';
import { deliveryTable, readResources } from './delivery-table.ts';
import { idsText, needCriterion } from './replay.ts';

const MOST_SHOWN = 50;

/** Asks for a note, then dismisses failed deliveries: they no longer appear in counts and alerts, and can still be replayed. */
export const dismissPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const { criteria, query } = await readSelection(ports, pageRequest);
    needCriterion(criteria);
    const sql = ports.context.db.read;
    const found = await listDeliveries(sql, { ...criteria, state: 'dead' }, { before: null, limit: MOST_SHOWN + 1 });
    const shown = found.slice(0, MOST_SHOWN);
    const number =
      found.length > MOST_SHOWN
        ? `the ${MOST_SHOWN} below and others like them`
        : countText(found.length, 'failed delivery', 'failed deliveries');
    return {
      title: 'Dismiss failed deliveries',
      refreshSeconds: null,
      lead: html`<p>${found.length === 0 ? 'No failed delivery matches: there is nothing to dismiss.' : `This marks ${number} as handled: never applied, but no longer counted as a problem. They stay here and can still be replayed.`}</p>`,
      body:
        found.length === 0
          ? html``
          : html`<form class="stacked" method="post" action="${link('/deliveries/dismiss')}"><input type="hidden" name="csrf" value="${pageRequest.csrf}">${hiddenMembers({ ...query, id: idsText(criteria) })}
<label>Reason, for later reference <input type="text" name="note" maxlength="500" required autocomplete="off"></label>
<button class="primary">Mark as handled</button></form>
${section('Deliveries', deliveryTable(shown, await readResources(sql, shown), pageRequest))}`,
    };
  };
