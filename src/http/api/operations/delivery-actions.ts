import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { Refused } from '../../../domain/errors.ts';
import { type DeliveryCriteria, isUnlimited } from '../../../processing/replay.ts';
import { type DeliveryRow, readDelivery } from '../../../store/deliveries/list.ts';
import type { ApiPorts } from '../ports.ts';
import { pathText, timeOf } from '../query.ts';
import { sendJson } from '../sending/send-response.ts';

type Ports = Pick<ApiPorts, 'context' | 'replay' | 'previewReplay' | 'retry' | 'dismiss'>;

/** Actions on deliveries: replay, retry now, dismiss; a single one by its id, or all that match the criteria. */
export function deliveryActions(ports: Ports): Router {
  const router = Router();
  const named = async (request: Request): Promise<DeliveryRow> => {
    const delivery = await readDelivery(ports.context.db.read, pathText(request, 'id'));
    if (!delivery) throw noDelivery();
    return delivery;
  };

  router.post('/replay', async (request, response) => {
    const { criteria, options } = readCriteria(request.body);
    requireCriterion(criteria, options);
    await startReplay(ports, request, response, criteria, options);
  });
  router.post('/retry', async (request, response) => {
    const number = await ports.retry(readCriteria(request.body).criteria);
    await sendNumber(request, response, 202, number);
  });
  router.post('/dismiss', async (request, response) => {
    const { criteria, options } = readCriteria(request.body);
    requireCriterion(criteria, options);
    await sendNumber(request, response, 200, await ports.dismiss(criteria, options.note ?? null));
  });

  router.post('/:id/replay', async (request, response) => {
    const { id } = await named(request);
    await startReplay(ports, request, response, { ids: [id] }, readCriteria(request.body).options);
  });
  router.post('/:id/retry', async (request, response) => {
    const { id, state } = await named(request);
    if (state !== 'pending' && state !== 'working') throw new Refused(409, 'not_waiting', `This delivery is ${state}: replay it instead.`);
    await sendNumber(request, response, 202, await ports.retry({ ids: [id] }));
  });
  router.post('/:id/dismiss', async (request, response) => {
    const { id, state } = await named(request);
    if (state !== 'dead') throw new Refused(409, 'not_dead', `This delivery is ${state}: only a dead one can be dismissed.`);
    const { note = null } = readCriteria(request.body).options;
    await sendNumber(request, response, 200, await ports.dismiss({ ids: [id] }, note));
  });
  return router;
}

export const noDelivery = () => new Refused(404, 'not_found', 'There is no delivery with this id.');

const requireCriterion = (criteria: DeliveryCriteria, options: Options): void => {
  if (isUnlimited(criteria) && options.all !== true)
    throw new Refused(400, 'criterion_needed', 'Specify at least one criterion, or send `"all": true` to select every delivery.');
};

async function sendNumber(request: Request, response: Response, status: number, number: number): Promise<void> {
  response.status(status);
  await sendJson(request, response, { number });
}

async function startReplay(
  ports: Ports,
  request: Request,
  response: Response,
  criteria: DeliveryCriteria,
  options: Options,
): Promise<void> {
  const fetch = options.fetch ?? 'fresh';
  if (options.preview !== true) return sendNumber(request, response, 202, await ports.replay(criteria, fetch));
  const { number, complete, changes } = await ports.previewReplay(criteria, fetch);
  await sendJson(request, response, { preview: true, number, complete, changes });
}

// The OpenAPI validator has checked the body; the schemas only give it a type.
const criteriaMembers = z.object({
  ids: z.array(z.string()).optional(),
  state: z.string().optional(),
  connection: z.string().optional(),
  subject: z.string().optional(),
  event: z.string().optional(),
  error: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
});
const options = z.object({
  all: z.boolean().optional(),
  fetch: z.enum(['fresh', 'recorded']).optional(),
  preview: z.boolean().optional(),
  note: z.string().nullish(),
});
type Options = z.infer<typeof options>;
const criteriaBody = z.object({ ...criteriaMembers.shape, ...options.shape, filter: criteriaMembers.optional() });

/** Criteria are members of the body or of its `filter`. */
function readCriteria(body: unknown): { criteria: DeliveryCriteria; options: Options } {
  const given = criteriaBody.parse(body ?? {});
  const { ids, state, connection, subject, event, error, from, to } = { ...given, ...given.filter };
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
    options: given,
  };
}
