import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleepMs } from 'node:timers/promises';
import { chromiumPath, startChromium } from './browser.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SIZE = { width: 1360, height: 850 };
const STORY_MS = 12_000;

/** Reads a file that the service writes when it is ready. */
async function appearing(path: string): Promise<string> {
  for (let round = 0; round < 150; round++) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text !== '') return text.trim();
    await sleepMs(200);
  }
  throw new Error(`${path} did not appear`);
}

/** Starts the sandbox on a data directory of its own, lets its story play, and photographs a page of the console. */
async function photograph(target: string, path: string, colorScheme: 'light' | 'dark'): Promise<void> {
  if (chromiumPath === null) throw new Error('No Chromium on this machine: set CHROMIUM_PATH.');
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
    const baseURL = await appearing(join(directory, 'address'));
    const key = await appearing(join(directory, 'api-key'));
    await sleepMs(STORY_MS);
    const page = await browser.newPage({ baseURL, viewport: SIZE, colorScheme, deviceScaleFactor: 1.5 });
    await page.goto(`/console/sign-in?to=${encodeURIComponent(path)}`);
    await page.getByLabel('API key').fill(key);
    await page.keyboard.press('Enter');
    await page.locator('h1').waitFor();
    await page.screenshot({ path: target });
  } finally {
    await browser.close();
    service.kill('SIGTERM');
    if (service.exitCode === null) await once(service, 'exit');
    await rm(directory, { recursive: true, force: true });
  }
}

/** `node test/console/screenshot.ts [FILE] [PATH] [light|dark]`; default: the README's picture. */
const [target = join(ROOT, 'docs/console.png'), path = '/console/', scheme = 'light'] = process.argv.slice(2);
await photograph(target, path, scheme === 'dark' ? 'dark' : 'light');
