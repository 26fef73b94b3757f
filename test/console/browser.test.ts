import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test, { after, before } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { announce } from '../documents/announced.ts';
import { chromiumPath, openPage, startChromium } from './browser.ts';
import { fill, KEYS, openConsole, serveConsole, type TestConsole, toyOrder } from './support.ts';

let browser: Browser;

if (chromiumPath !== null) {
  before(async () => {
    browser = await startChromium(chromiumPath as string);
  });
  after(() => browser.close());

  test('an operator signs in, finds a change and replays its delivery using only the keyboard', async (t) => {
    const console = await openConsole(t);
    await fill(console);
    const { page, complaints } = await openPage(t, browser, { baseURL: await serveConsole(t, console.app) });
    await page.goto('/console/deliveries');
    await page.keyboard.type(KEYS.operator);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Deliveries', level: 1 }).waitFor();

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
    await page.getByText('1 selected, 1 compared: nothing would change.').waitFor();
    await page.getByRole('button', { name: 'Replay 1 delivery' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/replays/replay-1');
    assert.equal(console.pressed.length, 1);
    assert.deepEqual(
      complaints.filter((one) => !/404/.test(one)),
      [],
      'the replay is not a real one here: its page is missing',
    );
  });

  test('the first tab stop skips the navigation', async (t) => {
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

  test('a change appears in the open feed automatically, and an expanded one stays expanded', async (t) => {
    const console = await openConsole(t);
    await fill(console);
    const { page, complaints } = await openPage(t, browser, { baseURL: await serveConsole(t, console.app) });
    await page.setExtraHTTPHeaders({ Authorization: `Basic ${Buffer.from(`reader:${KEYS.reader}`).toString('base64')}` });
    await page.goto('/console/feed');
    await page.locator('.change summary').first().click();
    await console.send(toyOrder('PO99', '5', '2026-03-01T07:45:00.000Z'));
    await console.settle();
    await page.locator('.change', { hasText: 'PO99' }).waitFor();
    assert.equal(await page.locator('.change').count(), 3);
    assert.equal(await page.locator('.change details[open]').count(), 1);
    await console.send(toyOrder('PO100', '5', '2026-03-01T07:46:00.000Z'));
    await console.settle();
    await page.locator('.change', { hasText: 'PO100' }).waitFor();
    assert.equal(await page.locator('.change').count(), 4, 'each appears once');
    assert.deepEqual(complaints, []);
  });

  test('a refresh does not change what has the focus, is expanded or is being typed', async (t) => {
    const console = await openConsole(t);
    await fill(console);
    const { page, complaints } = await openPage(t, browser, { baseURL: await serveConsole(t, console.app) });
    await page.setExtraHTTPHeaders({ Authorization: `Basic ${Buffer.from(`operator:${KEYS.operator}`).toString('base64')}` });
    await page.goto('/console/');
    await page.getByText('Integrity checks: all passed.').waitFor();
    await page.getByText('Show as table').click();
    await page.getByRole('link', { name: 'Show an example' }).focus();
    await page.getByRole('searchbox').evaluate((box) => {
      (box as unknown as { value: string }).value = 'half a wo';
    });
    console.told.violations = 7;
    console.told.coverage = [
      { from: '2026-03-01T05:00:00.000Z', to: '2026-03-01T06:00:00.000Z', state: 'unproven', reason: 'standstill', runId: null },
    ];
    await page.getByText('Integrity checks found 7 violations').waitFor();
    await page.locator('.troubles', { hasText: 'Orderdock was down' }).waitFor();
    assert.equal(await page.locator('details[open]').count(), 1);
    assert.equal(await page.getByRole('searchbox').inputValue(), 'half a wo');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Show an example');
    assert.deepEqual(complaints, []);
  });

  test('the search is focused by a slash, and its results are navigated with the arrow keys', async (t) => {
    const console = await openConsole(t);
    await fill(console);
    const { page, complaints } = await openPage(t, browser, { baseURL: await serveConsole(t, console.app) });
    await page.setExtraHTTPHeaders({ Authorization: `Basic ${Buffer.from(`reader:${KEYS.reader}`).toString('base64')}` });
    await page.goto('/console/drift');
    await page.keyboard.press('/');
    await page.keyboard.type('PO7');
    await page.locator('#found').getByRole('link', { name: 'PO7' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Order PO7' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('times are shown in UTC or in the time zone of the machine, as selected', async (t) => {
    const console = await openConsole(t);
    await fill(console);
    const { page } = await openPage(t, browser, { baseURL: await serveConsole(t, console.app), timezoneId: 'Asia/Tokyo' });
    await page.setExtraHTTPHeaders({ Authorization: `Basic ${Buffer.from(`reader:${KEYS.reader}`).toString('base64')}` });
    await page.goto('/console/');
    await page.getByText('Verified complete up to 07:55:00').waitFor();
    await page.getByRole('button', { name: 'UTC' }).click();
    await page.getByText('Verified complete up to 16:55:00').waitFor();
    await page.getByRole('button', { name: 'Asia/Tokyo' }).click();
    await page.getByText('Verified complete up to 07:55:00').waitFor();
  });

  const PLACES = [
    ...[
      '/',
      '/connections/toy',
      '/connections/toy/rejections',
      '/deliveries',
      '/deliveries/replay?state=dead',
      '/deliveries/dismiss?state=dead',
    ],
    ...['/orders', '/shipments', '/records', '/documents', '/feed', '/consumers', '/consumers/erp', '/consumers/erp/delete', '/alerts'],
    ...['/reconcile-runs', '/reconcile-runs/run-1', '/drift', '/activity', '/keys', '/search?q=PO', '/search?q=nothing', '/nowhere'],
  ];

  async function fillAll(console: TestConsole): Promise<string[]> {
    await fill(console);
    const { clock, context } = console;
    const minute = new Date(clock.now().getTime() - 3_600_000).toISOString();
    await context.db.write(async (sql) => {
      await sql.all(`insert into answers (connection, minute, status, count) values ('toy', ?, 202, 40), ('toy', ?, 401, 3)`, [
        minute,
        minute,
      ]);
      await sql.all(
        `insert into consumers (name, position, filter, created_at) values ('erp', 1, '{"kinds":null,"connections":null}', '2026-03-01T07:00:00.000Z')`,
      );
      await sql.all(`insert into alerts (key, code, level, connection, text, details, opened_at, count) values
        ('silence toy', 'silence', 'warning', 'toy', 'toy is quieter than usual', '{}', '2026-03-01T07:00:00.000Z', 3)`);
    });
    await announce(context, { key: 'a' });
    await context.db.write((sql) =>
      sql.all(`update documents set state = 'missing', error = 'remote_missing: GET http://far.example/objects/a answered 404'`),
    );
    // Names and errors of realistic length.
    await console.send(toyOrder('c2d0b7f4-1d5e-4a53-9b0a-6d8f0c1b2e3a-PO70000000001', '1', '2026-03-01T07:20:00.000Z'));
    await console.send({ id: 'event-long', type: 'OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier', subject: 'PO9' });
    await console.send({ id: 'event-broken', type: 'boom', subject: 'PO9' });
    await console.settle();
    await context.db.write((sql) =>
      sql.all(
        `update deliveries set state = 'dead', finished_at = received_at, error = 'remote_refused: GET https://api.accp.tradecloud1.com/v2/order/c2d0b7f4-1d5e-4a53-9b0a-6d8f0c1b2e3a-PO70000000001 answered 422' where event_id = 'event-broken'`,
      ),
    );
    const [order] = await context.db.read.all<{ id: string }>(`select id from entities where number = 'PO7'`);
    const [delivery] = await context.db.read.all<{ id: string }>(`select id from deliveries where event_id = 'event-broken'`);
    return [
      ...PLACES,
      `/entities/${order?.id}`,
      `/entities/${order?.id}/versions?at=2026-03-01T09:00`,
      `/deliveries/${delivery?.id}`,
      '/changes/1',
    ];
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`in ${colorScheme} mode every page is accessible, fits the width of desktop and phone, and complies with the content security policy`, async (t) => {
      const console = await openConsole(t, { sandbox: true });
      const places = await fillAll(console);
      const { page, complaints } = await openPage(t, browser, { baseURL: await serveConsole(t, console.app), colorScheme });
      await page.setExtraHTTPHeaders({ Authorization: `Basic ${Buffer.from(`admin:${KEYS.admin}`).toString('base64')}` });
      for (const path of places) {
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.goto(`/console${path}`);
        assert.deepEqual(await page.evaluate(CUT), [], `${path}: cut at 1,280`);
        assert.deepEqual(await accessibilityFaults(page, colorScheme === 'light' ? RULES : ['color-contrast']), [], path);
        await page.setViewportSize({ width: 390, height: 800 });
        const [content, screen] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [number, number];
        assert.ok(content <= screen, `${path} is ${content} wide on a phone`);
      }
      await page.getByRole('link', { name: 'Menu' }).click();
      await page.getByRole('link', { name: 'Deliveries' }).click();
      await page.getByRole('heading', { name: 'Deliveries', level: 1 }).waitFor();
      const ground = String(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
      assert.equal(ground === 'rgb(246, 247, 247)', colorScheme === 'light', ground);
      assert.deepEqual(
        complaints.filter((one) => !/status of 404/.test(one)),
        [],
      );
    });
  }

  test('everything can be read and used without JavaScript', async (t) => {
    const console = await openConsole(t);
    await fillAll(console);
    const { page } = await openPage(t, browser, { baseURL: await serveConsole(t, console.app), javaScriptEnabled: false });
    await page.goto('/console/');
    await page.getByLabel('API key').fill(KEYS.operator);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Feed' }).click();
    await page.locator('.change summary').first().click();
    await page.getByRole('link', { name: 'What changed, and why' }).first().click();
    await page.getByText('Because of').waitFor();
    await page.getByRole('link', { name: 'Deliveries' }).click();
    await page.getByRole('checkbox').first().check();
    await page.getByRole('button', { name: 'Retry now' }).last().click();
    assert.equal(console.pressed.length, 1);
    await page.getByRole('searchbox').fill('PO7');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'PO7' }).first().click();
    await page.getByRole('heading', { name: 'Order PO7' }).waitFor();
  });
}

/** What scrolls sideways, and is therefore cut. */
const CUT = `[...document.querySelectorAll('html, .scroll, main')].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => (one.getAttribute('aria-label') ?? one.tagName) + ' ' + one.scrollWidth + ' > ' + one.clientWidth)`;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The findings of axe-core: WCAG 2.2 AA and best practices. The pages' policy allows no external script, so it is injected through the debugger. */
async function accessibilityFaults(page: Page, rules: readonly string[]): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)} }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 200)).slice(0, 3).join(' | ')))`,
  );
}
