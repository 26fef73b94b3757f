import { percentiles } from '../../../../monitoring/health/latency.ts';
import type { Sql } from '../../../../store/engine/database.ts';
import { type HourOfResponses, listResponsesByHour } from '../../../../store/monitoring/list-responses.ts';
import { readRecentTimes } from '../../../../store/monitoring/read-health.ts';
import { hourChart, lastHours } from '../../components/charts.ts';
import { table } from '../../components/components.ts';
import { countText, durationText } from '../../components/format.ts';
import { type Html, html } from '../../components/html.ts';
import { hourText, type Moment } from '../../components/times.ts';

const LAST_CHANGES = 2000;

/** Webhooks and rejections by hour, and how long they took to be applied; `connection` null: of all. */
export async function trafficCharts(sql: Sql, connection: string | null, moment: Moment): Promise<Html> {
  const hours = lastHours(moment.now);
  const since = hours[0]?.toISOString() ?? moment.now.toISOString();
  const [responses, times] = await Promise.all([
    listResponsesByHour(sql, connection, since),
    readRecentTimes(sql, connection, { from: since, limit: LAST_CHANGES }),
  ]);
  const medians = hours.map((hour) => {
    const key = hour.toISOString().slice(0, 13);
    const took = times.flatMap(({ receivedAt, appliedAt }) =>
      appliedAt.startsWith(key) ? [Math.max(0, Date.parse(appliedAt) - Date.parse(receivedAt))] : [],
    );
    return percentiles(took).p50;
  });
  return html`<div class="charts">${responseChart(responses, hours, moment)}${rejectionChart(responses, hours, moment)}${latencyChart(medians, hours, moment)}</div>${figures(responses, medians, hours, moment)}`;
}

const countOf = (responses: readonly HourOfResponses[], hour: Date | null, wanted: (status: number) => boolean): number =>
  responses
    .filter((one) => (hour === null || one.hour === hour.toISOString().slice(0, 13)) && wanted(one.status))
    .reduce((total, one) => total + one.count, 0);

const isAccepted = (status: number) => status < 400;
const isRejected = (status: number) => status >= 400;

const responseChart = (responses: readonly HourOfResponses[], hours: readonly Date[], { zone }: Moment): Html =>
  hourChart({
    title: 'Accepted webhooks',
    summary: `${countOf(responses, null, isAccepted).toLocaleString('en')} in 24 h`,
    ...{ hours, zone },
    bars: hours.map((hour) => {
      const amount = countOf(responses, hour, isAccepted);
      return { text: `${hourText(hour, zone)}: ${amount}`, parts: [{ tone: 'plain', amount }] };
    }),
  });

const rejectionChart = (responses: readonly HourOfResponses[], hours: readonly Date[], { zone }: Moment): Html =>
  hourChart({
    title: 'Rejected webhooks',
    summary: `${countOf(responses, null, isRejected).toLocaleString('en')} in 24 h`,
    ...{ hours, zone },
    bars: hours.map((hour) => {
      const amount = countOf(responses, hour, isRejected);
      return { text: `${hourText(hour, zone)}: ${amount}`, parts: [{ tone: 'bad', amount }] };
    }),
  });

function latencyChart(medians: readonly (number | null)[], hours: readonly Date[], { zone }: Moment): Html {
  const known = medians.filter((median) => median !== null);
  const latest = known.at(-1);
  return hourChart({
    title: 'Received → applied, p50',
    summary: latest === undefined ? 'no samples' : `${durationText(latest)} in the last hour`,
    ...{ hours, zone },
    bars: hours.map((hour, position) => {
      const median = medians[position] ?? null;
      return {
        text: `${hourText(hour, zone)}: ${median === null ? 'no samples' : durationText(median)}`,
        parts: [{ tone: 'plain', amount: median ?? 0 }],
      };
    }),
  });
}

/** The same as a table, for users who cannot see the bars. */
function figures(
  responses: readonly HourOfResponses[],
  medians: readonly (number | null)[],
  hours: readonly Date[],
  { zone }: Moment,
): Html {
  const rows = hours.flatMap((hour, position) => {
    const [accepted, rejected] = [countOf(responses, hour, isAccepted), countOf(responses, hour, isRejected)];
    const median = medians[position] ?? null;
    if (accepted + rejected === 0 && median === null) return [];
    return [{ cells: [hourText(hour, zone), accepted, rejected, median === null ? '–' : durationText(median)] }];
  });
  return html`<details class="figures"><summary>Show as table (${countText(rows.length, 'hour')})</summary>${table('Webhooks by hour', ['Hour', 'Accepted', 'Rejected', 'Received → applied, p50'], rows, 'No webhook arrived in the last 24 hours.')}</details>`;
}
