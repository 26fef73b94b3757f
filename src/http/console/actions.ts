import type { Router } from 'express';
import { fetchDocumentAgain } from '../../documents/fetch-documents.ts';
import { Refused } from '../../domain/errors.ts';
import { ROLES } from '../../domain/role.ts';
import { createKey, deleteKey } from '../../feed/api-keys.ts';
import { dropConsumer } from '../../feed/consumers.ts';
import { deliveryLink, link, runLink } from './links.ts';
import type { ConsolePorts, Visit } from './page.ts';
import { replayFilterOf } from './pages/deliveries.ts';
import { keysView } from './pages/keys.ts';
import { askedFetch } from './pages/replay.ts';
import { act, needRole, send, visitFor } from './send-page.ts';

/** Every button. Each ends on the page that shows what it did. */
export function addActions(router: Router, ports: ConsolePorts): void {
  const { context } = ports;
  const asOperator = (verb: (visit: Visit) => Promise<string>) => act(ports, 'operator', verb);

  router.post(
    '/connections/:name/reconcile',
    asOperator(async (visit) => {
      const connection = context.connections.get(visit.segment('name'));
      if (!connection) throw new Refused(404, 'not_found', `There is no connection named ${visit.segment('name')}.`);
      return runLink(await ports.reconcile(connection));
    }),
  );
  router.post(
    '/deliveries/replay',
    asOperator(async (visit) => {
      const filter = replayFilterOf(visit);
      await ports.replay(filter, askedFetch(visit));
      return link('/deliveries', { connection: filter.connection, subject: filter.subject });
    }),
  );
  router.post(
    '/deliveries/:id/replay',
    asOperator(async (visit) => {
      const id = visit.segment('id');
      await ports.replay({ ids: [id] }, askedFetch(visit));
      return deliveryLink(id);
    }),
  );
  router.post(
    '/documents/:id/fetch',
    asOperator(async (visit) => {
      await fetchDocumentAgain(context, visit.segment('id'));
      return link('/documents');
    }),
  );
  router.post(
    '/consumers/:name/drop',
    asOperator(async (visit) => {
      await dropConsumer(context, visit.segment('name'));
      return link('/consumers');
    }),
  );
  keyVerbs(router, ports);
}

function keyVerbs(router: Router, ports: ConsolePorts): void {
  const isSetting = (name: string) => ports.settingsKeys.some((key) => key.name === name);
  router.post('/keys', async (request, response) => {
    const visit = visitFor(ports, request, response);
    needRole(visit, 'admin');
    const name = visit.asked('name') ?? '';
    const role = ROLES.find((one) => one === visit.asked('role'));
    if (!role || !/^[A-Za-z0-9_.-]{1,64}$/.test(name))
      throw new Refused(400, 'invalid_request', 'A key has a name of letters, digits, dots, dashes and a role.');
    if (isSetting(name)) throw new Refused(409, 'key_exists', `A key named ${name} is set by API_KEYS.`);
    const made = await createKey(ports.context, { name, role });
    send(ports, response, { ...(await keysView(ports, visit, made)), status: 201 }, '/keys', visit);
  });
  router.post(
    '/keys/:name/revoke',
    act(ports, 'admin', async (visit) => {
      await deleteKey(ports.context, visit.segment('name'));
      return link('/keys');
    }),
  );
}
