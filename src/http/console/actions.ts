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
import type { ConsolePorts, Visit } from './page.ts';
import { keysView } from './pages/admin/keys.ts';
import { deleteConsumerView } from './pages/erp/consumer.ts';
import { mayFetchAgain } from './pages/orders/entity-parts.ts';
import { act, needRole, send, visitFor } from './send-page.ts';

/** All actions. Each redirects to the page that shows its result. */
export function addActions(router: Router, ports: ConsolePorts): void {
  const { context } = ports;
  addDeliveryActions(router, ports);
  router.post(
    '/connections/:name/reconcile',
    act(ports, 'operator', async (visit) => {
      const connection = context.connections.get(visit.segment('name'));
      if (!connection) throw new Refused(404, 'not_found', `No connection is named ${visit.segment('name')}.`);
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
const backTo = (visit: Visit, otherwise: string): string => (visit.param('back') === null ? otherwise : ownAddress(visit.param('back')));

function documentActions(router: Router, ports: ConsolePorts): void {
  const { context } = ports;
  router.post(
    '/documents/fetch',
    act(ports, 'operator', async (visit) => {
      const missing = await listMissingDocuments(context.db.read, { connection: visit.param('connection'), limit: MOST_FETCHED });
      for (const { id, state } of missing) if (mayFetchAgain(state)) await fetchDocumentAgain(context, id);
      return backTo(visit, link('/documents'));
    }),
  );
  router.post(
    '/documents/:id/fetch',
    act(ports, 'operator', async (visit) => {
      await fetchDocumentAgain(context, visit.segment('id'));
      return backTo(visit, link('/documents'));
    }),
  );
}

function consumerActions(router: Router, ports: ConsolePorts): void {
  router.post('/consumers/:name/drop', async (request, response) => {
    const visit = visitFor(ports, request, response);
    needRole(visit, 'operator');
    const name = visit.segment('name');
    if (visit.param('confirm') !== name) {
      const problem = `Nothing was deleted: type “${name}” exactly.`;
      return void (await send(ports, response, await deleteConsumerView(ports, visit, problem), '/consumers', visit));
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
  const named = async (visit: Visit): Promise<AlertRow> => {
    const id = visit.segment('id');
    const [code = ''] = id.split('~');
    const alert = (await listAlerts(context.db.read, { state: 'open', code }, { limit: MOST_ALERTS })).find((one) => alertId(one) === id);
    if (!alert) throw new Refused(404, 'not_found', 'This alert is no longer open.');
    return alert;
  };
  router.post(
    '/alerts/:id/acknowledge',
    act(ports, 'operator', async (visit) => {
      await acknowledge(context, await named(visit));
      return link('/alerts');
    }),
  );
  router.post(
    '/alerts/:id/mute',
    act(ports, 'operator', async (visit) => {
      const hours = Number(visit.param('hours') ?? '1');
      if (!(hours >= 0 && hours <= MOST_MUTED_HOURS)) throw new Refused(400, 'invalid_request', 'An alert is muted for at most 30 days.');
      await mute(context, await named(visit), hours === 0 ? null : new Date(visit.now.getTime() + hours * HOUR_MS).toISOString());
      return link('/alerts');
    }),
  );
}

/** `a, b` or `a b`; null: no limit. */
const namesParam = (visit: Visit, name: string): string[] | null => visit.param(name)?.split(/[\s,]+/) ?? null;

function keyActions(router: Router, ports: ConsolePorts): void {
  const isSetting = (name: string) => ports.settingsKeys.some((key) => key.name === name);
  router.post('/keys', async (request, response) => {
    const visit = visitFor(ports, request, response);
    needRole(visit, 'admin');
    const name = visit.param('name') ?? '';
    const role = ROLES.find((one) => one === visit.param('role'));
    if (!role || !/^[A-Za-z0-9_.-]{1,64}$/.test(name))
      throw new Refused(400, 'invalid_request', 'A key needs a name of letters, digits, dots or dashes, and a role.');
    if (isSetting(name)) throw new Refused(409, 'key_exists', `A key named ${name} is configured in API_KEYS.`);
    const made = await createKey(ports.context, {
      name,
      role,
      connections: namesParam(visit, 'connections'),
      consumers: namesParam(visit, 'consumers'),
    });
    await send(ports, response, { ...(await keysView(ports, visit, made)), status: 201 }, '/keys', visit);
  });
  router.post(
    '/keys/:name/revoke',
    act(ports, 'admin', async (visit) => {
      await deleteKey(ports.context, visit.segment('name'));
      return link('/keys');
    }),
  );
}
