import { Refused } from '../../../domain/errors.ts';
import { type GapRow, listRuns, type RunRow, readGaps, readRun } from '../../../store/reconciliation/list-runs.ts';
import { action, facts, filterForm, older, section, stateBadge, table, time, value } from '../components.ts';
import { countText, gapCauseText } from '../format.ts';
import { type Html, html } from '../html.ts';
import { connectionLink, findLink, link, runLink } from '../links.ts';
import { askedPosition, type ConsolePorts, connectionNames, cutRows, PAGE_ROWS, type Page } from '../page.ts';

export const runTable = (runs: readonly RunRow[], now: Date): Html =>
  table(
    'Reconcile runs',
    ['Started', 'Connection', 'Why', 'State', 'Seen', 'Applied', 'Gaps', 'Failed', 'Finished'],
    runs.map((run) => [
      html`<a href="${runLink(run.id)}">${time(run.startedAt, now)}</a>`,
      html`<a href="${connectionLink(run.connection)}">${run.connection}</a>`,
      run.trigger,
      stateBadge(run.state),
      run.counts.seen,
      run.counts.applied,
      run.counts.gaps > 0 ? html`<strong>${run.counts.gaps}</strong>` : 0,
      run.counts.failed,
      time(run.finishedAt, now),
    ]),
    'There has been no run yet.',
  );

export const runsPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const filter = { connection: visit.asked('connection'), state: visit.asked('state') };
    const found = await listRuns(ports.context.db.read, filter, { before: askedPosition(visit), limit: PAGE_ROWS + 1 });
    const { rows, last } = cutRows(found);
    const gaps = rows.reduce((total, run) => total + run.counts.gaps, 0);
    return {
      title: 'Reconcile',
      lead: html`<p>Each run compares what is held with the platform’s own lists. The runs below found ${countText(gaps, 'change')} that no webhook had brought; all of them were applied.</p>`,
      body: html`${filterForm('/reconcile-runs', [
        { name: 'connection', label: 'Connection', value: filter.connection, choices: connectionNames(ports) },
        { name: 'state', label: 'State', value: filter.state, choices: ['running', 'done', 'failed'] },
      ])}
${visit.may('operator') ? html`<p class="row">${connectionNames(ports).map((name) => action({ path: `/connections/${encodeURIComponent(name)}/reconcile`, label: `Reconcile ${name} now`, csrf: visit.csrf }))}</p>` : ''}
${runTable(rows, visit.now)}${older(last && link('/reconcile-runs', { ...filter, before: last.seq }))}`,
    };
  };

export const runPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const run = await readRun(ports.context.db.read, visit.segment('id'));
    if (!run) throw new Refused(404, 'not_found', 'There is no reconcile run of this id.');
    const gaps = await readGaps(ports.context.db.read, run.id);
    return {
      title: `Reconcile run of ${run.connection}`,
      lead: html`<p>${leadOf(run, gaps.length)}</p>`,
      ...(run.state === 'running' ? { renewedBy: runLink(run.id) } : {}),
      body: html`${facts([
        ['Connection', html`<a href="${connectionLink(run.connection)}">${run.connection}</a>`],
        ['State', stateBadge(run.state)],
        ['Why', run.trigger],
        ['Started', time(run.startedAt, visit.now)],
        ['Finished', time(run.finishedAt, visit.now)],
        ['Seen', String(run.counts.seen)],
        ['Unchanged', String(run.counts.unchanged)],
        ['Applied', String(run.counts.applied)],
        ['Failed', String(run.counts.failed)],
        ['Error', run.error],
      ])}
${section('Gaps', gapTable(run.connection, gaps, visit.now))}
${section('How far it got', html`<pre tabindex="0">${JSON.stringify(run.progress, null, 2)}</pre>`)}`,
    };
  };

function leadOf(run: RunRow, gaps: number): string {
  if (run.state === 'running') return 'It is under way: nothing is proven by it before it has finished. This page renews itself.';
  if (run.state === 'failed') return 'It did not finish, so it proves nothing. The next one goes on from where it stopped.';
  if (gaps === 0) return 'It finished and found nothing that had not been reported.';
  return `It finished and found ${countText(gaps, 'change')} that no webhook had brought. They have been applied and are in the feed: nothing is missing any more.`;
}

const gapTable = (connection: string, gaps: readonly GapRow[], now: Date): Html =>
  table(
    'Gaps',
    ['What', 'Why no webhook reported it', 'Details', 'Changed at the platform', 'Found'],
    gaps.map((gap) => [
      html`<a href="${findLink(connection, gap.kind, gap.externalId)}">${gap.kind} ${gap.externalId}</a>`,
      html`${gapCauseText(gap.cause)} <span class="faint">${gap.cause}</span>`,
      value(gap.details),
      time(gap.platformAt, now),
      time(gap.at, now),
    ]),
    'None.',
  );
