import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleepMs } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { chromiumPath, startChromium } from '../test/console/browser.ts';

const ROOT = resolve(import.meta.dirname, '..');
const TARGET = join(ROOT, 'docs/screenshots');
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 780 };
const STORY_MS = 9000;
/** A consumer in the pictures counts as behind after this. */
const BEHIND_S = 2;

/** Reads a file that the service writes when it is ready. */
async function appearing(path: string): Promise<string> {
  for (let round = 0; round < 150; round++) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text !== '') return text.trim();
    await sleepMs(200);
  }
  throw new Error(`${path} did not appear`);
}

/** Some incidents: an unreadable body, an old secret, an unknown event, and an ERP that has booked something and then stopped reading. */
async function cause(trouble: { url: string; key: string; directory: string }): Promise<void> {
  const { url, key, directory } = trouble;
  const sandbox = JSON.parse(await readFile(join(directory, 'sandbox.json'), 'utf8')) as {
    connections: Record<string, { webhook: { auth: { basic?: { username: string; password: string } }[] } }>;
  };
  const basic = sandbox.connections['sandbox-tradecloud']?.webhook.auth.find((entry) => entry.basic)?.basic;
  if (!basic) throw new Error('The sandbox has no Basic credentials for Tradecloud.');
  const post = (path: string, authorization: string, body: string, method = 'POST') =>
    fetch(`${url}${path}`, { method, headers: { authorization, 'content-type': 'application/json' }, body });
  const api = (method: string, path: string, body: object) => post(`/api/v1${path}`, `Bearer ${key}`, JSON.stringify(body), method);
  const hook = (body: string, password = basic.password) =>
    post('/webhooks/sandbox-tradecloud/orders', `Basic ${Buffer.from(`${basic.username}:${password}`).toString('base64')}`, body);

  await api('PUT', '/consumers/erp', { alertAfterSeconds: BEHIND_S });
  const pulled = await fetch(`${url}/api/v1/consumers/erp/changes?limit=10`, { headers: { authorization: `Bearer ${key}` } });
  const { data, next } = (await pulled.json()) as { data: { cursor: string }[]; next: string };
  await api('POST', '/consumers/erp/ack', { cursor: next });
  const receipts = data.map(({ cursor }, position) =>
    position === 3
      ? { cursor, status: 'rejected', reason: 'customer 4711 is blocked' }
      : { cursor, status: 'booked', reference: `ERP-${51_000 + position}` },
  );
  await api('POST', '/consumers/erp/receipts', { receipts });
  await hook('{"eventName":"OrderIssuedByBuyer","orderEvent":');
  for (let number = 0; number < 4; number++) await hook('{}', 'the-old-secret');
  await hook('{"eventName":"PaymentTermsChanged","terms":{"days":30},"meta":{"messageId":"screenshot-1"}}');
  await sleepMs(BEHIND_S * 1000 + 1500);
}

/** The pictures, by file: the page, and the screen size. */
async function photograph(page: Page): Promise<void> {
  const shoot = async (name: string, path: string) => {
    await page.goto(`/console${path}`);
    await page.locator('h1').waitFor();
    await page.screenshot({ path: join(TARGET, `${name}.png`) });
  };
  await page.setViewportSize(DESK);
  await shoot('overview', '/');
  await shoot('deliveries', '/deliveries');
  await shoot('connection', '/connections/sandbox-tradecloud');
  await shoot('consumer', '/consumers/erp');
  await shoot('alerts', '/alerts');
  await shoot('feed', '/feed');
  await page.goto('/console/orders?number=PO26003');
  await page.locator('tbody a.open').first().click();
  await page.locator('.change summary').first().click();
  await page.locator('.change .inside table').first().waitFor();
  await page.screenshot({ path: join(TARGET, 'order.png'), fullPage: true });
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot('overview-dark', '/');
  await page.setViewportSize(PHONE);
  await shoot('overview-phone', '/');
}

/** Starts the sandbox with its own data directory, lets its history play and some things go wrong, and takes the screenshots of the console. */
async function takeAll(): Promise<void> {
  if (chromiumPath === null) throw new Error('No Chromium on this machine: set CHROMIUM_PATH.');
  await mkdir(TARGET, { recursive: true });
  const directory = await mkdtemp(join(tmpdir(), 'orderdock-photo-'));
  const env = {
    PATH: process.env.PATH ?? '',
    PORT: '0',
    DATA_DIR: directory,
    CONNECTIONS_FILE: join(directory, 'none.yaml'),
    LOG_LEVEL: 'error',
  };
  const service = spawn(process.execPath, [join(ROOT, 'src/main.ts'), 'serve'], { env, cwd: directory, stdio: 'ignore' });
  const browser = await startChromium(chromiumPath);
  try {
    const url = await appearing(join(directory, 'address'));
    const key = await appearing(join(directory, 'api-key'));
    await sleepMs(STORY_MS);
    await cause({ url, key, directory });
    const page = await browser.newPage({ baseURL: url, viewport: DESK, colorScheme: 'light', timezoneId: 'UTC' });
    await page.goto('/console/sign-in');
    await page.getByLabel('API key').fill(key);
    await page.keyboard.press('Enter');
    await page.getByText('Was anything lost?').waitFor();
    await photograph(page);
  } finally {
    await browser.close();
    service.kill('SIGTERM');
    if (service.exitCode === null) await once(service, 'exit');
    await rm(directory, { recursive: true, force: true });
  }
}

await takeAll();
