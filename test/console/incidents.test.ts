import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import { COMPANY, eventJson, lineJson, orderId, orderJson, plainEvent } from '../life/tradecloud.ts';
import { ENGINES, type Engine } from '../support/engines.ts';
import { until } from '../support/until.ts';
import { chromiumPath, startChromium } from './browser.ts';
import { type Night, startNight } from './night.ts';

const NIGHT = '2026-05-01T09:00:00Z';
const LATER = '2026-05-01T10:00:00Z';

let browser: Browser;

if (chromiumPath !== null) {
  before(async () => {
    browser = await startChromium(chromiumPath as string);
  });
  after(() => browser.close());
  for (const engine of ENGINES) nights(engine);
}

/** The twelve incidents, one after the other on one service: the result of each is part of the next. */
function nights(engine: Engine): void {
  let night: Night;
  let end: () => Promise<void>;
  const incident = (name: string, play: (night: Night) => Promise<void>) => test(`${name} (${engine})`, () => play(night));

  test(`the service starts (${engine})`, async () => {
    ({ night, end } = await startNight(engine, browser));
  });

  incident(
    '1: a wrong API password is shown with its cause and remedy, and waiting deliveries are retried immediately',
    async ({ life, page, untilSaid, untilUnsaid }) => {
      life.far.failing = () => ({ status: 401, headers: {}, body: '{}' });
      await life.hook({ method: 'GET', path: `/orders/${orderId('PO-A')}` });
      const said = await untilSaid(/1 webhook waits/);
      const [worst = ''] = said;
      assert.match(
        worst,
        /^acme: The platform refuses our API login \(GET authentication\/login answered 401\)\. Nothing is lost: 1 webhook waits\./,
      );
      assert.match(worst, /Correct the credentials under “api” of acme, then reload the service \(SIGHUP\)/);
      assert.match(worst, /orderdock check/);
      assert.equal(await page.getByRole('button', { name: 'Reconcile now' }).count(), 0, 'it could not help');
      life.far.failing = null;
      life.far.orders.set(
        orderId('PO-A'),
        orderJson({ number: 'PO-A', at: NIGHT, lines: [lineJson('PO-A', { position: '0010', at: NIGHT })] }),
      );
      await page.getByRole('button', { name: 'Retry it now' }).click();
      await until(
        'the waiting delivery is done',
        () => life.get('/deliveries?state=done'),
        ({ data }) => data.length === 1,
      );
      await untilUnsaid(/refuses/);
    },
  );

  incident('2: a platform that is down is shown with the waiting deliveries, and that no action is needed', async ({ life, untilSaid }) => {
    life.far.failing = () => ({ status: 503, headers: {}, body: 'maintenance' });
    for (let number = 0; number < 6; number++) await life.hook({ method: 'GET', path: `/orders/${orderId(`PO-B${number}`)}` });
    const said = await untilSaid(/unreachable/);
    assert.match(
      said.join('\n'),
      /acme: The platform API is unreachable.*\. Nothing is lost: \d webhooks? waits?\. They are processed automatically when it is reachable again; there is nothing to do\./,
    );
    for (let number = 0; number < 6; number++)
      life.far.orders.set(
        orderId(`PO-B${number}`),
        orderJson({ number: `PO-B${number}`, at: NIGHT, lines: [lineJson(`PO-B${number}`, { position: '0010', at: NIGHT })] }),
      );
    life.far.failing = null;
    await life.call('POST', '/deliveries/retry', { connection: 'acme' });
  });

  incident(
    '3: a body that cannot be read is reported as such, and is dismissed with a note',
    async ({ life, page, troubles, untilSaid }) => {
      await life.hook({ body: '{"half":' });
      const said = await untilSaid(/cannot be applied/);
      const sentence = said.find((one) => /cannot be applied/.test(one)) ?? '';
      assert.match(
        sentence,
        /acme: 1 delivery cannot be applied: .* The sender got a 400\. A replay would fail again: ask the platform to send it again, or reconcile, then dismiss\./,
      );
      await page.locator('.troubles li', { hasText: 'cannot be applied' }).getByRole('link', { name: 'Show it' }).click();
      await page.locator('tbody a.open').first().click();
      await page.getByText('A replay would fail again').waitFor();
      await page.getByRole('link', { name: 'Dismiss…' }).click();
      await page.getByLabel('Reason').fill('sent again by hand');
      await page.getByRole('button', { name: 'Mark as handled' }).click();
      await page.getByText('Dismissed by erp: it was never applied.').waitFor();
      await page.getByText('sent again by hand').waitFor();
      assert.ok(!(await troubles()).some((one) => /cannot be applied/.test(one)));
    },
  );

  incident(
    '4: requests with an old secret are shown with their number, and one click leads to their details',
    async ({ life, page, troubles, untilSaid }) => {
      const old = `Basic ${Buffer.from('tradecloud:the-old-secret').toString('base64')}`;
      for (let number = 0; number < 5; number++)
        await life.hook({ body: plainEvent('PO-D', NIGHT, `d-${number}`), headers: { Authorization: old } });
      const said = await untilSaid(/5 webhooks were rejected/);
      assert.match(
        said.join('\n'),
        /acme: 5 webhooks were rejected for wrong credentials or a wrong address.*If the platform sent them, correct its secret or ours, then reconcile/,
      );
      await page.getByRole('link', { name: 'See the rejected requests' }).first().click();
      await page.getByRole('heading', { name: 'Rejected requests of acme' }).waitFor();
      await page.getByText('5 requests were rejected for wrong credentials').waitFor();
      await troubles();
      await page.getByRole('button', { name: 'Reconcile now' }).first().click();
      await page.getByText('It finished and found').waitFor();
    },
  );

  incident('5: a gap is shown with its cause, and that nothing is missing any more', async ({ life, page, open, troubles }) => {
    life.far.simulation.emit('OrderIssuedByBuyer');
    await open();
    await page.getByRole('link', { name: 'acme' }).first().click();
    await page.getByRole('button', { name: 'Reconcile now' }).first().click();
    await page.getByText('It finished and found').waitFor();
    await page.getByText('nothing is missing any more').waitFor();
    await page.getByText('The platform sent no webhook for it.').first().waitFor();
    await troubles();
    assert.match(
      await page.locator('.verdict > p').innerText(),
      /Verified complete up to .* on 1 connection\. 1 connection could not be compared/,
    );
  });

  incident(
    '6: a document that cannot be downloaded is shown with the reason, and fetched again with one click',
    async ({ life, page, untilSaid }) => {
      await life.order(plainEvent('PO-F', NIGHT, 'f-1'));
      const id = orderId('PO-F');
      await life.order(
        `{"eventName":"OrderDocumentsAttachedByBuyer","orderDocumentsEvent":{"orderId":"${id}","buyerOrder":{"companyId":"${COMPANY}","documents":[
{"code":"D-9","name":"Drawing.pdf","objectId":"no-such-object","type":"General"}]},"lines":[],"lastUpdatedAt":"${LATER}"},"meta":{"messageId":"f-2"}}`,
      );
      await untilSaid(/acme: 1 document is missing: announced, but not downloaded/);
      await page.locator('.troubles li', { hasText: 'document is missing' }).getByRole('link', { name: 'See it' }).click();
      const again = page.getByRole('button', { name: 'Fetch it again' });
      await until(
        'the document can be fetched again',
        async () => {
          await page.reload();
          return again.count();
        },
        (count) => count === 1,
      );
      await page.getByText('Drawing.pdf').waitFor();
      await page
        .getByText(/answered 404/)
        .first()
        .waitFor();
      await again.click();
      await page.getByRole('heading', { name: 'Missing documents' }).waitFor();
    },
  );

  incident('7: an ERP that has stopped reading is shown with how far it is behind', async ({ life, page, untilSaid }) => {
    await life.call('PUT', '/consumers/erp', { alertAfterSeconds: 1 });
    const said = await untilSaid(/consumer erp is/);
    assert.match(
      said.join('\n'),
      /The consumer erp is \d+ changes behind, oldest \d+ (s|min): it has never read\. Nothing is lost, but the ERP does not get the changes: check that its job runs/,
    );
    await page.getByRole('link', { name: 'See the consumer' }).click();
    await page.getByText('It should have read by now').waitFor();
  });

  incident('8: an unknown event is shown as not applied, on the front page and on its own page', async ({ life, page, untilSaid }) => {
    await life.hook({ body: '{"eventName":"PaymentTermsChanged","terms":{"days":30},"meta":{"messageId":"h-1"}}' });
    const said = await untilSaid(/Unknown event/);
    assert.match(said.join('\n'), /acme: Unknown event “PaymentTermsChanged”: 1 delivery is stored but not applied\./);
    await page.locator('.troubles li', { hasText: 'Unknown event' }).getByRole('link', { name: 'Show an example' }).click();
    await page.getByText('Not applied: unknown event “PaymentTermsChanged”. Its content is stored; the ERP does not see it.').waitFor();
  });

  incident('9: an order is found by its number, and by its contents', async ({ life, page, open }) => {
    await life.order(
      eventJson({
        number: 'PO-I',
        at: NIGHT,
        messageId: 'i-1',
        lines: [lineJson('PO-I', { position: '0010', at: NIGHT, item: 'WP-1001' })],
      }),
    );
    await until(
      'the search finds it',
      () => life.get('/search?q=WP-1001'),
      ({ data }) => data.length > 0,
    );
    await open('/deliveries');
    await page.keyboard.press('/');
    await page.keyboard.type('WP-1001');
    await page.locator('#found').getByRole('link', { name: /PO-I/ }).first().click();
    await page.getByRole('heading', { name: 'Order PO-I' }).waitFor();
    await page.getByText('WP-1001').first().waitFor();
    await open('/deliveries?subject=PO-I');
    assert.equal(await page.locator('tbody tr').count(), 1);
  });

  incident(
    '10: deliveries that failed for one cause are replayed together, after a preview, and the result is shown',
    async ({ life, page, open }) => {
      for (const number of ['PO-J1', 'PO-J2', 'PO-J3']) {
        const line = lineJson(number, { position: '0010', at: NIGHT }).replace(/"id":"[^"]*"/, `"id":"${'9'.repeat(1001)}"`);
        life.far.orders.set(orderId(number), orderJson({ number, at: NIGHT, lines: [line] }));
        await life.hook({ method: 'GET', path: `/orders/${orderId(number)}` });
      }
      await until(
        'three deliveries failed',
        () => life.get('/deliveries?state=dead'),
        ({ data }) => data.length === 3,
      );
      await open('/deliveries');
      await page.getByText('3 deliveries failed and are not applied').waitFor();
      for (const number of ['PO-J1', 'PO-J2', 'PO-J3'])
        life.far.orders.set(orderId(number), orderJson({ number, at: NIGHT, lines: [lineJson(number, { position: '0010', at: NIGHT })] }));
      await page
        .getByRole('row', { name: /3 failed/ })
        .getByRole('link', { name: 'Replay…' })
        .click();
      await page.getByText('3 selected, 3 compared: 3 entities created.').waitFor();
      await page.getByRole('button', { name: 'Replay 3 deliveries' }).click();
      await page.getByText('3 deliveries queued: 3 done.').waitFor();
      await page.getByRole('heading', { name: 'Replay finished' }).waitFor();
    },
  );

  incident(
    '11: the console shows whether the ERP has read and booked an order, with its reference',
    async ({ life, page, troubles, open }) => {
      await life.order(plainEvent('PO-K', NIGHT, 'k-1'));
      const { data, next } = await life.get('/consumers/erp/changes?limit=1000');
      const [last, other] = [data.at(-1), data.at(-2)];
      await life.call('POST', '/consumers/erp/ack', { cursor: next });
      await life.call('POST', '/consumers/erp/receipts', {
        receipts: [
          { cursor: last.cursor, status: 'booked', reference: 'ERP-4711' },
          { cursor: other.cursor, status: 'rejected', reason: 'customer 4711 is blocked' },
        ],
      });
      assert.match((await troubles()).join('\n'), /The ERP \(erp\) rejected a change: read, but not booked\./);
      await page.getByRole('link', { name: 'See why' }).click();
      await page.getByText('customer 4711 is blocked').waitFor();
      await open('/orders?number=PO-K');
      await page.locator('tbody a.open').first().click();
      await page.getByText('erp: booked as ERP-4711').waitFor();
      await page.locator('.change summary').first().click();
      await page.getByRole('region', { name: 'In the ERP' }).getByText('ERP-4711').waitFor();
    },
  );

  incident('12: the state that the ERP saw at a given time is shown', async ({ life, page, open }) => {
    await life.order(plainEvent('PO-L', NIGHT, 'l-1', '10'));
    const between = new Date(Date.now() + 1).toISOString();
    await until(
      'the clock is past it',
      async () => Date.now(),
      (now) => now > Date.parse(between),
    );
    await life.order(plainEvent('PO-L', LATER, 'l-2', '8'));
    await open('/orders?number=PO-L');
    await page.locator('tbody a.open').first().click();
    await page.getByText('line 0010 quantity 10 → 8').waitFor();
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('/lines/0010/quantity').first().waitFor();
    await page.goto(`${page.url().split('?')[0]}?at=${encodeURIComponent(between)}`);
    await page.getByText('the ERP saw version 1').waitFor();
    await open(`/feed?until=${encodeURIComponent(between)}`);
    await page.getByText('Shown as of the time below').waitFor();
  });

  incident('after a restart nothing that is unavailable is suggested for a connection without an API', async ({ life, page }) => {
    await life.restart();
    const fresh = await (page.context().browser() as Browser).newPage({ baseURL: life.url });
    await fresh.goto('/console/');
    await fresh.getByLabel('API key').fill('erp-key-0123456789');
    await fresh.keyboard.press('Enter');
    await fresh.getByText('Was anything lost?').waitFor();
    const said = await fresh.locator('.troubles li', { hasText: 'shop' }).allInnerTexts();
    assert.ok(
      said.every((one) => !/Reconcile|press/i.test(one)),
      said.join('\n'),
    );
    await fresh.goto('/console/connections/shop');
    assert.equal(await fresh.getByRole('button', { name: 'Reconcile now' }).count(), 0);
    await fresh.getByText('No API is configured: completeness cannot be checked').first().waitFor();
  });

  test(`the service ends (${engine})`, () => end());
}
