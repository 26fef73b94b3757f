import { Refused } from '../../../../domain/errors.ts';
import { readNames } from '../../../../store/entities/list-names.ts';
import { type GapRow, listRuns, type RunRow, readGaps, readRun } from '../../../../store/reconciliation/list-runs.ts';
import { action, facts, note, pager, section, stateBadge, table, time, timeAndAge, value } from '../../components/components.ts';
import { filterForm } from '../../components/filter.ts';
import { countText, gapCauseText } from '../../components/format.ts';
import { type Content, type Html, html } from '../../components/html.ts';
import { connectionLink, findLink, link, runLink } from '../../components/links.ts';
import type { Moment } from '../../components/times.ts';
import { type ConsolePorts, connectionNames, cutRows, PAGE_ROWS, type Page, type PageRequest, positionParam } from '../../page.ts';
import { plainError } from '../../trouble.ts';
import { shortId } from '../deliveries/delivery-table.ts';

const TRIGGERS: Readonly<Record<string, string>> = { demand: 'manual', schedule: 'schedule', start: 'start' };

export const runTable = (runs: readonly RunRow[], moment: Moment, empty: Content): Html =>
  table(
    'Reconcile runs',
    ['Started', 'Connection', 'Trigger', 'State', 'Compared', 'Applied', 'Gaps', 'Failed', 'Finished', 'Error'],
    runs.map((run) => ({
      href: runLink(run.id),
      id: run.id,
      cells: [
        time(run.startedAt, moment),
        html`<span class="whole">${run.connection}</span>`,
        TRIGGERS[run.trigger] ?? run.trigger,
        stateBadge(run.state),
        run.counts.seen,
        run.counts.applied,
        run.counts.gaps,
        run.counts.failed,
        time(run.finishedAt, moment),
        run.error === null ? '' : html`<span class="clip" title="${run.error}">${plainError(run.error)}</span>`,
      ],
    })),
    empty,
  );

export const runsPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const filter = { connection: pageRequest.param('connection'), state: pageRequest.param('state') };
    const before = positionParam(pageRequest);
    const found = await listRuns(ports.context.db.read, filter, { before, limit: PAGE_ROWS + 1 });
    const { rows, last } = cutRows(found);
    const gaps = rows.reduce((total, run) => total + run.counts.gaps, 0);
    const without = ports.context.connections.list().filter((connection) => !ports.hasApi(connection));
    return {
      title: 'Reconcile',
      lead: html`<p>Each run compares our data with the platform’s own lists. The runs below found ${countText(gaps, 'change')} that no webhook had reported; all of them were applied.</p>`,
      body: html`${pageRequest.may('operator') ? startForms(ports, pageRequest) : ''}
${
  without.length === 0
    ? ''
    : html`<p class="faint">No API to compare with: ${without
        .map(({ name }) => name)
        .sort()
        .join(', ')}.</p>`
}
${filterForm('/reconcile-runs', [
  { name: 'connection', label: 'Connection', value: filter.connection, choices: connectionNames(ports) },
  { name: 'state', label: 'State', value: filter.state, choices: ['running', 'done', 'failed'] },
])}
${runTable(rows, pageRequest, 'No reconcile run matches. A run starts with the service, on schedule, and with the button above.')}${pager(last && link('/reconcile-runs', { ...filter, before: last.seq }), before === null ? null : link('/reconcile-runs', filter))}`,
    };
  };

/** Only for connections with an API. */
function startForms(ports: ConsolePorts, pageRequest: PageRequest): Html {
  const able = ports.context.connections.list().filter((connection) => ports.hasApi(connection));
  return html`<p class="row">${able
    .map(({ name }) => name)
    .sort()
    .map((name) =>
      action({ path: `/connections/${encodeURIComponent(name)}/reconcile`, label: `Reconcile ${name} now`, csrf: pageRequest.csrf }),
    )}</p>`;
}

export const runPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const sql = ports.context.db.read;
    const run = await readRun(sql, pageRequest.segment('id'));
    if (!run) throw new Refused(404, 'not_found', 'No reconcile run has this id.');
    const gaps = await readGaps(sql, run.id);
    const names = await readNames(
      sql,
      gaps.map(({ kind, externalId }) => ({ connection: run.connection, kind, externalId })),
    );
    const numbers = new Map(names.map(({ kind, externalId, number }) => [`${kind}:${externalId}`, number]));
    return {
      title: `Reconcile run of ${run.connection}`,
      refreshSeconds: run.state === 'running' ? 2 : null,
      lead: html`<p>${leadOf(run, gaps.length)}</p>${run.error === null ? '' : note('bad', html`${plainError(run.error)}`)}`,
      body: html`${facts([
        ['Connection', html`<a href="${connectionLink(run.connection)}">${run.connection}</a>`],
        ['State', stateBadge(run.state)],
        ['Trigger', TRIGGERS[run.trigger] ?? run.trigger],
        ['Started', timeAndAge(run.startedAt, pageRequest)],
        ['Finished', run.finishedAt === null ? null : timeAndAge(run.finishedAt, pageRequest)],
        ['Compared', String(run.counts.seen)],
        ['Unchanged', String(run.counts.unchanged)],
        ['Applied', String(run.counts.applied)],
        ['Failed', String(run.counts.failed)],
      ])}
${section('Gaps', html`${gapSummary(gaps)}${gapTable(run.connection, gaps, numbers, pageRequest)}`)}
<details><summary>Checkpoint</summary><pre tabindex="0">${JSON.stringify(run.progress, null, 2)}</pre></details>`,
    };
  };

function leadOf(run: RunRow, gaps: number): string {
  if (run.state === 'running') return 'Running… This page refreshes itself; the run verifies nothing before it has finished.';
  if (run.state === 'failed') return 'It failed, so it verifies nothing. The next run continues where it stopped.';
  if (gaps === 0) return 'It finished and found no unreported changes.';
  return `It finished and found ${countText(gaps, 'change')} that no webhook had reported. They have been applied and are in the feed; nothing is missing any more.`;
}

/** Equal causes once, with their number. */
function gapSummary(gaps: readonly GapRow[]): Html {
  const groups = new Map<string, number>();
  for (const { cause } of gaps) groups.set(cause, (groups.get(cause) ?? 0) + 1);
  return html`${[...groups].map(([cause, count]) => html`<p>${countText(count, 'change')}: ${gapCauseText(cause)}</p>`)}`;
}

const gapTable = (
  connection: string,
  gaps: readonly GapRow[],
  numbers: ReadonlyMap<string, string | null>,
  pageRequest: PageRequest,
): Html =>
  table(
    'Gaps',
    ['Entity', 'Why no webhook reported it', 'Details', 'Changed at the platform', 'Found'],
    gaps.map((gap) => ({
      href: findLink(connection, gap.kind, gap.externalId),
      cells: [
        html`<span class="whole" title="${gap.externalId}">${gap.kind} ${numbers.get(`${gap.kind}:${gap.externalId}`) ?? shortId(gap.externalId)}</span>`,
        gapCauseText(gap.cause),
        detailsText(gap.details),
        time(gap.platformAt, pageRequest),
        time(gap.at, pageRequest),
      ],
    })),
    'None.',
  );

/** `status 401 · at 06:12` reads better than JSON. */
function detailsText(details: GapRow['details']): Content {
  if (typeof details !== 'object' || details === null || Array.isArray(details)) return value(details);
  const known = Object.entries(details).filter(([, content]) => content !== null && content !== undefined);
  return known.length === 0
    ? ''
    : html`<span class="faint">${known.map(([name, content]) => `${name} ${typeof content === 'object' ? JSON.stringify(content) : String(content)}`).join(' · ')}</span>`;
}
