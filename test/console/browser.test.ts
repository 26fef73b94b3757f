import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, openPage, startChromium } from './browser.ts';
import { fill, KEYS, openConsole, serveConsole, toyOrder } from './support.ts';

let browser: Browser;

if (chromiumPath !== null) {
  before(async () => {
    browser = await startChromium(chromiumPath as string);
  });
  after(() => browser.close());

  test('an operator signs in, finds a change and replays its delivery with the keyboard alone', async (t) => {
    const console = await openConsole(t);
    await fill(console);
    const { page, complaints } = await openPage(t, browser, { baseURL: await serveConsole(t, console.app) });
    await page.goto('/console/deliveries');
    await page.keyboard.type(KEYS.operator);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Deliveries' }).waitFor();

    await page.getByRole('link', { name: 'Feed' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Feed' }).waitFor();
    await page.locator('.change summary').first().focus();
    await page.keyboard.press('Enter');
    await page.getByText('/lines/0001/quantity').first().waitFor();
    await page.getByRole('link', { name: 'a delivery (order)' }).first().focus();
    await page.keyboard.press('Enter');

    await page.getByRole('link', { name: 'Replay…' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Nothing has been changed yet').or(page.getByText('would change nothing')).waitFor();
    await page.getByRole('button', { name: 'Replay 1 delivery now' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Delivery order' }).waitFor();
    assert.equal(console.pressed.length, 1);
    assert.deepEqual(complaints, []);
  });

  test('the first press of the tab key leads past the navigation', async (t) => {
    const console = await openConsole(t);
    const { page } = await openPage(t, browser, {
      baseURL: await serveConsole(t, console.app),
      httpCredentials: { username: 'reader', password: KEYS.reader, send: 'always' },
    });
    await page.setExtraHTTPHeaders({ Authorization: `Basic ${Buffer.from(`reader:${KEYS.reader}`).toString('base64')}` });
    await page.goto('/console/');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate('document.activeElement.id'), 'content');
  });

  test('a change appears in the open feed by itself, and an opened one stays open', async (t) => {
    const console = await openConsole(t);
    await fill(console);
    const { page, complaints } = await openPage(t, browser, { baseURL: await serveConsole(t, console.app) });
    await page.setExtraHTTPHeaders({ Authorization: `Basic ${Buffer.from(`reader:${KEYS.reader}`).toString('base64')}` });
    await page.goto('/console/feed');
    await page.locator('.change summary').first().click();
    await console.send(toyOrder('PO99', '5', '2026-03-01T07:45:00.000Z'));
    await console.settle();
    await page.getByRole('link', { name: 'order PO99' }).waitFor();
    assert.equal(await page.locator('.change').count(), 3);
    assert.equal(await page.locator('.change details[open]').count(), 1);
    await console.send(toyOrder('PO100', '5', '2026-03-01T07:46:00.000Z'));
    await console.settle();
    await page.getByRole('link', { name: 'order PO100' }).waitFor();
    assert.equal(await page.locator('.change').count(), 4, 'each appears once');
    assert.deepEqual(complaints, []);
  });

  test('the overview renews itself, and the focus stays where it was', async (t) => {
    const console = await openConsole(t);
    const { page, complaints } = await openPage(t, browser, { baseURL: await serveConsole(t, console.app) });
    await page.setExtraHTTPHeaders({ Authorization: `Basic ${Buffer.from(`operator:${KEYS.operator}`).toString('base64')}` });
    await page.goto('/console/');
    await page.getByText('No alert.').waitFor();
    await page.getByRole('button', { name: 'Reconcile now' }).focus();
    console.told.violations = 7;
    console.told.coverage = [
      { from: '2026-03-01T05:00:00.000Z', to: '2026-03-01T06:00:00.000Z', state: 'unproven', reason: 'we were not running', runId: null },
    ];
    await page.getByText('7 violations found').waitFor();
    await page.locator('.lead .verdict', { hasText: 'we were not running' }).waitFor();
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Reconcile now');
    assert.deepEqual(complaints, []);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`in ${colorScheme} mode every page keeps to its own width, and nothing breaks the content policy`, async (t) => {
      const console = await openConsole(t, { sandbox: true });
      await fill(console);
      const minute = new Date(console.clock.now().getTime() - 3_600_000).toISOString();
      await console.context.db.write((sql) =>
        sql.all(`insert into answers (connection, minute, status, count) values ('toy', ?, 202, 40)`, [minute]),
      );
      const { page, complaints } = await openPage(t, browser, {
        baseURL: await serveConsole(t, console.app),
        colorScheme,
        viewport: { width: 390, height: 800 },
      });
      await page.setExtraHTTPHeaders({ Authorization: `Basic ${Buffer.from(`admin:${KEYS.admin}`).toString('base64')}` });
      for (const path of [
        '/',
        '/connections/toy',
        '/deliveries',
        '/orders',
        '/feed',
        '/reconcile-runs/run-1',
        '/consumers',
        '/documents',
        '/drift',
        '/alerts',
        '/keys',
      ]) {
        await page.goto(`/console${path}`);
        const [content, screen] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [number, number];
        assert.ok(content <= screen, `${path} is ${content} wide`);
        if (path === '/connections/toy') await page.locator('.chart canvas').waitFor();
      }
      const ground = String(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
      assert.equal(ground === 'rgb(246, 247, 246)', colorScheme === 'light', ground);
      assert.deepEqual(complaints, []);
    });
  }
}
