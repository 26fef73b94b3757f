import { type Request, type Response, Router } from 'express';
import { Refused } from '../../../domain/errors.ts';
import { type DeliveryCriteria, isUnlimited, type ReplayFetch } from '../../../processing/replay.ts';
import { type DeliveryRow, readDelivery } from '../../../store/deliveries/list.ts';
import type { ApiPorts } from '../ports.ts';
import { pathText, timeOf } from '../query.ts';
import { sendJson } from '../sending/send-response.ts';

type Ports = Pick<ApiPorts, 'context' | 'replay' | 'previewReplay' | 'retry' | 'dismiss'>;

/** What an operator does with deliveries: replay, retry now, dismiss; one by its id, or all that fit the criteria. */
export function deliveryActions(ports: Ports): Router {
  const router = Router();
  const named = async (request: Request): Promise<DeliveryRow> => {
    const delivery = await readDelivery(ports.context.db.read, pathText(request, 'id'));
    if (!delivery) throw noDelivery();
    return delivery;
  };

  router.post('/replay', async (request, response) => {
    const { criteria, wish } = readCriteria(request.body);
    needCriterion(criteria, wish);
    await startReplay(ports, request, response, criteria, wish);
  });
  router.post('/retry', async (request, response) => {
    const number = await ports.retry(readCriteria(request.body).criteria);
    await sendNumber(request, response, 202, number);
  });
  router.post('/dismiss', async (request, response) => {
    const { criteria, wish } = readCriteria(request.body);
    needCriterion(criteria, wish);
    await sendNumber(request, response, 200, await ports.dismiss(criteria, wish.note ?? null));
  });

  router.post('/:id/replay', async (request, response) => {
    const { id } = await named(request);
    await startReplay(ports, request, response, { ids: [id] }, readCriteria(request.body).wish);
  });
  router.post('/:id/retry', async (request, response) => {
    const { id, state } = await named(request);
    if (state !== 'pending' && state !== 'working') throw new Refused(409, 'not_waiting', `This delivery is ${state}: replay it instead.`);
    await sendNumber(request, response, 202, await ports.retry({ ids: [id] }));
  });
  router.post('/:id/dismiss', async (request, response) => {
    const { id, state } = await named(request);
    if (state !== 'dead') throw new Refused(409, 'not_dead', `This delivery is ${state}: only a dead one can be dismissed.`);
    const { note = null } = readCriteria(request.body).wish;
    await sendNumber(request, response, 200, await ports.dismiss({ ids: [id] }, note));
  });
  return router;
}

export const noDelivery = () => new Refused(404, 'not_found', 'There is no delivery of this id.');

const needCriterion = (criteria: DeliveryCriteria, wish: Wish): void => {
  if (isUnlimited(criteria) && wish.all !== true)
    throw new Refused(400, 'criterion_needed', 'Name at least one criterion, or send "all": true to mean every delivery.');
};

async function sendNumber(request: Request, response: Response, status: number, number: number): Promise<void> {
  response.status(status);
  await sendJson(request, response, { number });
}

async function startReplay(ports: Ports, request: Request, response: Response, criteria: DeliveryCriteria, wish: Wish): Promise<void> {
  const fetch = wish.fetch ?? 'fresh';
  if (wish.preview !== true) return sendNumber(request, response, 202, await ports.replay(criteria, fetch));
  const { number, complete, changes } = await ports.previewReplay(criteria, fetch);
  await sendJson(request, response, { preview: true, number, complete, changes });
}

interface Wish {
  all?: boolean;
  fetch?: ReplayFetch;
  preview?: boolean;
  note?: string | null;
}

interface CriteriaBody extends Wish {
  filter?: CriteriaBody;
  ids?: string[];
  state?: string;
  connection?: string;
  subject?: string;
  event?: string;
  error?: string;
  from?: string;
  to?: string;
}

/** The criteria are members of the body itself, or of its `filter`. */
function readCriteria(body: unknown): { criteria: DeliveryCriteria; wish: Wish } {
  const wish = (body ?? {}) as CriteriaBody;
  const { ids, state, connection, subject, event, error, from, to } = { ...wish, ...wish.filter };
  return {
    criteria: {
      ids: ids ?? null,
      state: state ?? null,
      connection: connection ?? null,
      subject: subject ?? null,
      event: event ?? null,
      error: error ?? null,
      from: from === undefined ? null : timeOf(from, 'from'),
      to: to === undefined ? null : timeOf(to, 'to'),
    },
    wish,
  };
}
