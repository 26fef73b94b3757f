import type { Router } from 'express';
import { Refused } from '../../domain/errors.ts';
import type { DeliveryCriteria } from '../../processing/replay.ts';
import { deliveriesLink, deliveryLink, link } from './components/links.ts';
import { readSelection } from './criteria.ts';
import type { ConsolePorts } from './page.ts';
import { fetchParam, idsText, needCriterion } from './pages/deliveries/replay.ts';
import { act } from './send-page.ts';

/** Retry now, replay, dismiss: the selected deliveries, or all that match the criteria. */
export function addDeliveryActions(router: Router, ports: ConsolePorts): void {
  // For a selection in the list: only a retry happens immediately, the other actions ask first.
  router.post(
    '/deliveries/selected',
    act(ports, 'operator', async (pageRequest) => {
      const ids = pageRequest.params('id');
      const verb = pageRequest.param('do');
      if (ids.length === 0) throw new Refused(400, 'criterion_needed', 'Select at least one delivery first.');
      if (verb === 'replay' || verb === 'dismiss') return link(`/deliveries/${verb}`, { id: ids.join(',') });
      await ports.retry({ ids });
      return deliveriesLink({});
    }),
  );
  router.post(
    '/deliveries/retry',
    act(ports, 'operator', async (pageRequest) => {
      const { criteria, query } = await readSelection(ports, pageRequest);
      needCriterion(criteria);
      await ports.retry(criteria);
      return shownAfter(criteria, { ...query, state: null, error: null });
    }),
  );
  router.post(
    '/deliveries/replay',
    act(ports, 'operator', async (pageRequest) => {
      const { criteria } = await readSelection(ports, pageRequest);
      needCriterion(criteria);
      const id = ports.makeId();
      await ports.replay(criteria, fetchParam(pageRequest), id);
      return link(`/replays/${id}`);
    }),
  );
  router.post(
    '/deliveries/dismiss',
    act(ports, 'operator', async (pageRequest) => {
      const { criteria, query } = await readSelection(ports, pageRequest);
      needCriterion(criteria);
      await ports.dismiss(criteria, pageRequest.param('note'));
      return shownAfter(criteria, { connection: query.connection ?? null, state: 'handled' });
    }),
  );
}

/** The delivery's own page, or the list. */
const shownAfter = (criteria: DeliveryCriteria, query: Record<string, string | null>): string => {
  const id = idsText(criteria);
  return id !== null && !id.includes(',') ? deliveryLink(id) : deliveriesLink(query);
};
