import type { Router } from 'express';
import { fetchDocumentAgain } from '../../documents/fetch-documents.ts';
import { Refused } from '../../domain/errors.ts';
import { ROLES } from '../../domain/role.ts';
import { createKey, deleteKey } from '../../feed/api-keys.ts';
import { dropConsumer } from '../../feed/consumers.ts';
import { acknowledge, mute } from '../../monitoring/alert-actions.ts';
import { listMissingDocuments } from '../../store/documents/list-missing.ts';
import { type AlertRow, listAlerts } from '../../store/monitoring/list-alerts.ts';
import { alertId } from '../../views/alert.ts';
import { link, ownAddress, runLink } from './components/links.ts';
import { addDeliveryActions } from './delivery-actions.ts';
import type { ConsolePorts, PageRequest } from './page.ts';
import { keysView } from './pages/admin/keys.ts';
import { deleteConsumerView } from './pages/erp/consumer.ts';
import { mayFetchAgain } from './pages/orders/entity-parts.ts';
import { act, needRole, pageRequestFor, send } from './send-page.ts';

/** All actions. Each redirects to the page that shows its result. */
export function addActions(router: Router, ports: ConsolePorts): void {
  const { context } = ports;
  addDeliveryActions(router, ports);
  router.post(
    '/connections/:name/reconcile',
    act(ports, 'operator', async (pageRequest) => {
      const connection = context.connections.get(pageRequest.segment('name'));
      if (!connection) throw new Refused(404, 'not_found', `No connection is named ${pageRequest.segment('name')}.`);
      return runLink(await ports.reconcile(connection));
    }),
  );
  documentActions(router, ports);
  consumerActions(router, ports);
  alertActions(router, ports);
  keyActions(router, ports);
}

const MOST_FETCHED = 1000;

/** The page on which a button was pressed. */
const backTo = (pageRequest: PageRequest, otherwise: string): string =>
  pageRequest.param('back') === null ? otherwise : ownAddress(pageRequest.param('back'));

function documentActions(router: Router, ports: ConsolePorts): void {
  const { context } = ports;
  router.post(
    '/documents/fetch',
    act(ports, 'operator', async (pageRequest) => {
      const missing = await listMissingDocuments(context.db.read, { connection: pageRequest.param('connection'), limit: MOST_FETCHED });
      for (const { id, state } of missing) if (mayFetchAgain(state)) await fetchDocumentAgain(context, id);
      return backTo(pageRequest, link('/documents'));
    }),
  );
  router.post(
    '/documents/:id/fetch',
    act(ports, 'operator', async (pageRequest) => {
      await fetchDocumentAgain(context, pageRequest.segment('id'));
      return backTo(pageRequest, link('/documents'));
    }),
  );
}

function consumerActions(router: Router, ports: ConsolePorts): void {
  router.post('/consumers/:name/drop', async (request, response) => {
    const pageRequest = pageRequestFor(ports, request, response);
    needRole(pageRequest, 'operator');
    const name = pageRequest.segment('name');
    if (pageRequest.param('confirm') !== name) {
      const problem = `Nothing was deleted: type “${name}” exactly.`;
      return void (await send(ports, response, await deleteConsumerView(ports, pageRequest, problem), '/consumers', pageRequest));
    }
    await dropConsumer(ports.context, name);
    response.redirect(303, link('/consumers'));
  });
}

const HOUR_MS = 3_600_000;
const MOST_ALERTS = 500;
const MOST_MUTED_HOURS = 24 * 30;

function alertActions(router: Router, ports: ConsolePorts): void {
  const { context } = ports;
  const named = async (pageRequest: PageRequest): Promise<AlertRow> => {
    const id = pageRequest.segment('id');
    const [code = ''] = id.split('~');
    const alert = (await listAlerts(context.db.read, { state: 'open', code }, { limit: MOST_ALERTS })).find((one) => alertId(one) === id);
    if (!alert) throw new Refused(404, 'not_found', 'This alert is no longer open.');
    return alert;
  };
  router.post(
    '/alerts/:id/acknowledge',
    act(ports, 'operator', async (pageRequest) => {
      await acknowledge(context, await named(pageRequest));
      return link('/alerts');
    }),
  );
  router.post(
    '/alerts/:id/mute',
    act(ports, 'operator', async (pageRequest) => {
      const hours = Number(pageRequest.param('hours') ?? '1');
      if (!(hours >= 0 && hours <= MOST_MUTED_HOURS)) throw new Refused(400, 'invalid_request', 'An alert is muted for at most 30 days.');
      await mute(
        context,
        await named(pageRequest),
        hours === 0 ? null : new Date(pageRequest.now.getTime() + hours * HOUR_MS).toISOString(),
      );
      return link('/alerts');
    }),
  );
}

/** `a, b` or `a b`; null: no limit. */
const namesParam = (pageRequest: PageRequest, name: string): string[] | null => pageRequest.param(name)?.split(/[\s,]+/) ?? null;

function keyActions(router: Router, ports: ConsolePorts): void {
  const context = { ...ports.context, settingsKeys: ports.settingsKeys };
  router.post('/keys', async (request, response) => {
    const pageRequest = pageRequestFor(ports, request, response);
    needRole(pageRequest, 'admin');
    const name = pageRequest.param('name') ?? '';
    const role = ROLES.find((one) => one === pageRequest.param('role'));
    if (!role || !/^[A-Za-z0-9_.-]{1,64}$/.test(name))
      throw new Refused(400, 'invalid_request', 'A key needs a name of letters, digits, dots or dashes, and a role.');
    const made = await createKey(context, {
      name,
      role,
      connections: namesParam(pageRequest, 'connections'),
      consumers: namesParam(pageRequest, 'consumers'),
    });
    await send(ports, response, { ...(await keysView(ports, pageRequest, made)), status: 201 }, '/keys', pageRequest);
  });
  router.post(
    '/keys/:name/revoke',
    act(ports, 'admin', async (pageRequest) => {
      await deleteKey(context, pageRequest.segment('name'));
      return link('/keys');
    }),
  );
}
