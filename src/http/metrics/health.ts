import { type RequestHandler, Router } from 'express';
import type { Readiness } from '../../monitoring/readiness.ts';
import { allowOnly } from '../problem.ts';

/** `/health/live`: the process responds; `/health/ready`: it can store deliveries. Neither needs a key. */
export function createHealth(ready: () => Promise<Readiness>): RequestHandler {
  const router = Router();
  router.get('/live', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'live' });
  });
  router.get('/ready', async (_request, response) => {
    const readiness = await ready().catch((): Readiness => ({ ready: false, checks: {} }));
    response
      .status(readiness.ready ? 200 : 503)
      .set({ 'Cache-Control': 'no-store', ...(readiness.ready ? {} : { 'Retry-After': '5' }) })
      .json({ status: readiness.ready ? 'ready' : 'unready', checks: readiness.checks });
  });
  router.all(['/live', '/ready'], allowOnly('GET', 'HEAD'));
  return router;
}
