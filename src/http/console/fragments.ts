import { pipeline } from 'node:stream/promises';
import type { Router } from 'express';
import { ENTITY_KINDS } from '../../domain/entities/entity.ts';
import { Refused } from '../../domain/errors.ts';
import { displayName } from '../../domain/values/file-name.ts';
import { objectAt } from '../../domain/values/json.ts';
import { readDocument } from '../../store/documents/list.ts';
import { readEntity, readEntityByExternalId } from '../../store/entities/list.ts';
import { viewEntities } from '../../views/entity.ts';
import { entityLink } from './components/links.ts';
import type { ConsolePorts } from './page.ts';
import { namedDelivery } from './pages/deliveries/delivery.ts';
import { insideOfNamed, newerChanges } from './pages/erp/feed.ts';
import { searchResults } from './pages/overview/search.ts';
import { pageRequestFor } from './send-page.ts';

/** Routes that are not pages: fragments loaded later, redirects, and files. */
export function addFragments(router: Router, ports: ConsolePorts): void {
  const sql = ports.context.db.read;
  router.get('/feed/newer', async (request, response) => {
    const newer = await newerChanges(ports, pageRequestFor(ports, request, response));
    if (newer) response.type('text/html').send(newer.text);
    else response.status(204).end();
  });
  router.get('/changes/:position/inside', async (request, response) => {
    response.type('text/html').send((await insideOfNamed(ports, pageRequestFor(ports, request, response))).text);
  });
  router.get('/search/results', async (request, response) => {
    response.type('text/html').send((await searchResults(ports, pageRequestFor(ports, request, response))).text);
  });
  router.get('/find', async (request, response) => {
    const pageRequest = pageRequestFor(ports, request, response);
    const kind = ENTITY_KINDS.find((one) => one === pageRequest.param('kind'));
    const found = kind
      ? await readEntityByExternalId(sql, pageRequest.param('connection') ?? '', kind, pageRequest.param('externalId') ?? '')
      : null;
    if (!found) throw new Refused(404, 'not_found', 'This entity is not stored here.');
    response.redirect(303, entityLink(found.id));
  });
  router.get('/entities/:id/source', async (request, response) => {
    const entity = await readEntity(sql, ENTITY_KINDS, pageRequestFor(ports, request, response).segment('id'));
    if (!entity) throw new Refused(404, 'not_found', 'Nothing with this id is stored here.');
    const [view] = await viewEntities(sql, [entity], { lines: false, documents: false, source: true });
    response.type('application/json').send(JSON.stringify(objectAt(view).source ?? null, null, 2));
  });
  addFiles(router, ports);
}

/** Content from outside is offered as a download, never rendered as one of our pages. */
function addFiles(router: Router, ports: ConsolePorts): void {
  router.get('/deliveries/:id/body', async (request, response) => {
    const { id, body, bodyEncoding } = await namedDelivery(ports, pageRequestFor(ports, request, response).segment('id'));
    if (body === null) throw new Refused(404, 'not_found', 'The body of this delivery has been deleted: its retention time has passed.');
    response.attachment(`${id}.txt`).type('application/octet-stream').set('X-Content-Type-Options', 'nosniff');
    response.send(Buffer.from(body, bodyEncoding === 'base64' ? 'base64' : 'utf8'));
  });
  router.get('/documents/:id/content', async (request, response) => {
    const document = await readDocument(ports.context.db.read, pageRequestFor(ports, request, response).segment('id'));
    if (document?.state !== 'stored' || document.sha256 === null)
      throw new Refused(404, 'not_found', 'The content of this document is not stored.');
    const content = await ports.openContent(document.sha256, null);
    response.attachment(displayName(document.name) ?? 'document');
    response.type('application/octet-stream').set({ 'X-Content-Type-Options': 'nosniff', 'Content-Length': String(document.bytes) });
    await pipeline(content, response).catch(() => response.destroy());
  });
}
