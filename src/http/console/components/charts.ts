import type { CoverageSpan } from '../../../reconciliation/coverage.ts';
import type { Tone } from './components.ts';
import { type Html, html } from './html.ts';
import { exactTime, hourText, type Moment } from './times.ts';

const HOUR_MS = 3_600_000;
export const CHART_HOURS = 24;
const WIDTH = 960;

/** The starting times of the last 24 hours, including the current hour. */
export function lastHours(now: Date): Date[] {
  const last = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS;
  return Array.from({ length: CHART_HOURS }, (_, position) => new Date(last - (CHART_HOURS - 1 - position) * HOUR_MS));
}

const STATE_WORDS: Readonly<Record<CoverageSpan['state'], string>> = {
  proven: 'verified complete',
  open: 'not verified yet',
  unproven: 'may be incomplete',
};

/** The last 24 hours as a strip: verified complete, not verified yet, or in doubt. `hasApi` false: only doubts are shown. */
export function coverageStrip(coverage: readonly CoverageSpan[], hasApi: boolean, { now, zone }: Moment): Html {
  const from = now.getTime() - CHART_HOURS * HOUR_MS;
  const place = (iso: string | null, otherwise: number) =>
    (Math.min(Math.max(iso === null ? otherwise : Date.parse(iso), from), now.getTime()) - from) / (CHART_HOURS * HOUR_MS);
  const pieces = coverage.flatMap((span) => {
    const [begin, end] = [place(span.from, from) * WIDTH, place(span.to, now.getTime()) * WIDTH];
    if (end <= begin || (!hasApi && span.state !== 'unproven')) return [];
    // A short doubt is drawn wide enough to be seen, and last, so that nothing covers it.
    const width = span.state === 'unproven' ? Math.max(end - begin, 6) : end - begin;
    const text = `${STATE_WORDS[span.state]}: ${span.from === null ? 'from the beginning' : exactTime(span.from, zone)} to ${span.to === null ? 'now' : exactTime(span.to, zone)}`;
    return [
      {
        state: span.state,
        rect: html`<rect class="fill-${span.state}" x="${Math.min(begin, WIDTH - width).toFixed(1)}" y="0" width="${width.toFixed(1)}" height="14"><title>${text}</title></rect>`,
      },
    ];
  });
  const drawn = [...pieces.filter(({ state }) => state !== 'unproven'), ...pieces.filter(({ state }) => state === 'unproven')];
  const doubts = pieces.length - pieces.filter(({ state }) => state !== 'unproven').length;
  const label = !hasApi
    ? 'Completeness cannot be checked'
    : doubts > 0
      ? `${doubts} periods in doubt in the last 24 hours`
      : 'No period in doubt in the last 24 hours';
  return html`<svg class="strip" role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} 14" preserveAspectRatio="none"><rect class="fill-none" x="0" y="0" width="${WIDTH}" height="14"/>${drawn.map(({ rect }) => rect)}</svg>`;
}

export const stripLegend = html`<p class="legend faint">Last 24 hours:<span class="proven"></span>verified complete<span class="open"></span>not verified yet<span class="unproven"></span>may be incomplete</p>`;

export interface Bar {
  parts: readonly { tone: Tone; amount: number }[];
  /** Shown on hover. */
  text: string;
}

const HEIGHT = 64;
const GAP = 6;

/** Bars of the last 24 hours; the bar of the current hour is paler. */
export function hourChart(options: { title: string; summary: string; bars: readonly Bar[]; hours: readonly Date[]; zone: string }): Html {
  const { title, summary, bars, hours, zone } = options;
  const most = Math.max(1, ...bars.map(({ parts }) => parts.reduce((sum, { amount }) => sum + amount, 0)));
  const slot = WIDTH / bars.length;
  const drawn = bars.map(({ parts, text }, position) => {
    let top = HEIGHT;
    const rects = parts.map(({ tone, amount }) => {
      const height = (amount / most) * (HEIGHT - 2);
      top -= height;
      return amount === 0
        ? ''
        : html`<rect class="fill-${tone}" x="${(position * slot).toFixed(1)}" y="${top.toFixed(1)}" width="${(slot - GAP).toFixed(1)}" height="${height.toFixed(1)}"/>`;
    });
    return html`<g${position === bars.length - 1 ? html` class="fill-unfinished"` : ''}><title>${text}</title><rect class="fill-none" x="${(position * slot).toFixed(1)}" y="${HEIGHT - 1}" width="${(slot - GAP).toFixed(1)}" height="1"/>${rects}</g>`;
  });
  const first = hours[0];
  const middle = hours[CHART_HOURS / 2];
  return html`<figure><figcaption><strong>${title}</strong> <span class="faint">${summary}</span></figcaption>
<svg class="chart" role="img" aria-label="${title}: ${summary}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none">${drawn}</svg>
<div class="axis" aria-hidden="true"><span>${first ? hourText(first, zone) : ''}</span><span>${middle ? hourText(middle, zone) : ''}</span><span>now</span></div></figure>`;
}
