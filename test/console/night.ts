import type { Browser, Page } from 'playwright-core';
import { type Life, openLife } from '../life/support.ts';
import type { Engine } from '../support/engines.ts';
import { until } from '../support/until.ts';

/** A connection without an API: nothing to fetch from, nothing to compare with. */
const SHOP = `
  shop:
    platform: standard
    preset: shopify
    webhook: { signature: { secret: shop-secret-55 } }
    reconcile: { schedule: false }
`;

/** The running service, and the console in a browser. */
export interface Night {
  life: Life;
  page: Page;
  /** The problems on the front page, in order. */
  troubles(): Promise<string[]>;
  /** Waits until the front page says it, or no longer says it, and returns all it says. */
  untilSaid(sentence: RegExp): Promise<string[]>;
  untilUnsaid(sentence: RegExp): Promise<string[]>;
  /** Opens a page; the overview by default. */
  open(path?: string): Promise<void>;
}

/** Starts the service, and signs in to its console. */
export async function startNight(engine: Engine, browser: Browser): Promise<{ night: Night; end(): Promise<void> }> {
  const opened = await openLife(engine, {}, SHOP);
  const context = await browser.newContext({ baseURL: opened.life.url, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto('/console/');
  await page.getByLabel('API key').fill('erp-key-0123456789');
  await page.keyboard.press('Enter');
  await page.getByText('Was anything lost?').waitFor();
  const troubles = async () => {
    await page.goto('/console/');
    return page.locator('.troubles li').allInnerTexts();
  };
  const night: Night = {
    life: opened.life,
    page,
    open: async (path = '/') => void (await page.goto(`/console${path}`)),
    troubles,
    untilSaid: (sentence) => until(`the front page says ${sentence}`, troubles, (all) => all.some((one) => sentence.test(one))),
    untilUnsaid: (sentence) => until(`the front page says no more ${sentence}`, troubles, (all) => !all.some((one) => sentence.test(one))),
  };
  return {
    night,
    end: async () => {
      await context.close();
      await opened.end();
    },
  };
}
