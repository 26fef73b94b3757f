import { action, button, command, time } from '../../components/components.ts';
import { type Content, type Html, html } from '../../components/html.ts';
import { connectionLink } from '../../components/links.ts';
import type { PageRequest } from '../../page.ts';
import type { Step, Trouble } from '../../trouble.ts';
import type { Verdict } from '../../verdict.ts';

export interface NamedTrouble extends Trouble {
  /** Null: it belongs to no connection, or to the one that the page is about. */
  connection: string | null;
}

const ORDER: readonly Trouble['tone'][] = ['bad', 'watch', 'plain'];

/** The verdict, followed by all problems, worst first: each with its cause, its start and its actions. */
export function verdictBlock(verdict: Verdict, troubles: readonly NamedTrouble[], pageRequest: PageRequest): Html {
  const sorted = [...troubles].sort((a, b) => ORDER.indexOf(a.tone) - ORDER.indexOf(b.tone));
  // Only the first action on the page is a primary button.
  const first = sorted.flatMap(({ steps }) => steps).find(({ kind }) => kind === 'press');
  return html`<div class="verdict ${verdict.tone}"><p><span class="question">Was anything lost?</span> ${verdict.sentence}</p>${
    sorted.length === 0 ? '' : html`<ul class="troubles">${sorted.map((trouble) => item(trouble, pageRequest, first))}</ul>`
  }</div>`;
}

const item = ({ tone, connection, sentence, since, steps }: NamedTrouble, pageRequest: PageRequest, first: Step | undefined): Html =>
  html`<li><span class="dot ${tone}"></span><p>${connection === null ? '' : html`<a href="${connectionLink(connection)}">${connection}</a>: `}${sentence}${since === null ? '' : html` <span class="faint">since ${time(since, pageRequest)}</span>`}</p><div class="steps">${steps.map((step) => stepView(step, pageRequest, step === first))}</div></li>`;

function stepView(step: Step, pageRequest: PageRequest, primary: boolean): Content {
  if (step.kind === 'link') return button(step.label, step.href);
  if (step.kind === 'command') return command(step.text);
  if (!pageRequest.may('operator')) return html`<span class="faint">${step.label}: needs an operator’s key</span>`;
  return action({
    path: step.path,
    label: step.label,
    csrf: pageRequest.csrf,
    hidden: step.hidden ?? {},
    look: primary ? 'primary' : undefined,
  });
}
