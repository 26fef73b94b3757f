import { action } from './components.ts';
import { type Html, html } from './html.ts';
import { link } from './links.ts';
import type { View, Visit } from './page.ts';

const PLACES: readonly (readonly [path: string, name: string])[] = [
  ['/', 'Overview'],
  ['/deliveries', 'Deliveries'],
  ['/orders', 'Orders'],
  ['/shipments', 'Shipments'],
  ['/records', 'Records'],
  ['/feed', 'Feed'],
  ['/reconcile-runs', 'Reconcile'],
  ['/consumers', 'Consumers'],
  ['/documents', 'Documents'],
  ['/drift', 'Drift'],
  ['/alerts', 'Alerts'],
  ['/keys', 'Keys'],
];

const head = (title: string): Html => html`<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<meta name="htmx-config" content='{"includeIndicatorCSS":false,"history":false}'>
<title>${title} · Orderdock</title>
<link rel="icon" href="${link('/assets/icon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${link('/assets/uPlot.min.css')}"><link rel="stylesheet" href="${link('/assets/console.css')}">
<script src="${link('/assets/htmx.min.js')}" defer></script><script src="${link('/assets/uPlot.iife.min.js')}" defer></script><script src="${link('/assets/console.js')}" defer></script>`;

const SANDBOX = html`<p class="sandbox" role="note"><strong>Sandbox.</strong> Everything you see here is simulated: the platforms, their orders and their webhooks.
Nothing reaches a real system. Give the service a connections file to leave the sandbox.</p>`;

// Morphed, not replaced: whoever stands on a button with the keyboard still stands on it afterwards.
const renewal = (address: string): Html => html` hx-get="${address}" hx-trigger="every 5s" hx-select="#content" hx-swap="outerMorph"`;

/** The page around a view. `place` is the path of the part of the console that it belongs to. */
export function pageOf(view: View, place: string, visit: Visit, sandbox: boolean): string {
  const places = visit.may('admin') ? PLACES : PLACES.filter(([path]) => path !== '/keys');
  return html`<!doctype html>
<html lang="en"><head>${head(view.title)}</head><body>
<a class="skip" href="#content">To the content</a>
${sandbox ? SANDBOX : ''}
<header><span class="brand">Orderdock</span>
<nav aria-label="Console"><ul>${places.map(([path, name]) => html`<li><a href="${link(path)}"${path === (view.place ?? place) ? html` aria-current="page"` : ''}>${name}</a></li>`)}</ul></nav>
<div class="who"><span>${visit.caller.name} <span class="faint">(${visit.caller.role})</span></span>${action({ path: '/sign-out', label: 'Sign out', csrf: visit.csrf })}</div></header>
<main id="content" tabindex="-1"${view.renewedBy === undefined ? '' : renewal(view.renewedBy)}><h1>${view.title}</h1><div class="lead">${view.lead}</div>${view.body}</main>
</body></html>`.text;
}

/** The door of the console. */
export function signInPage(options: { to: string | null; wrong: boolean; sandbox: boolean }): string {
  return html`<!doctype html>
<html lang="en"><head>${head('Sign in')}</head><body class="door">
${options.sandbox ? SANDBOX : ''}
<main id="content"><h1><span class="brand">Orderdock</span></h1>
<form class="sign-in" method="post" action="${link('/sign-in')}">
${options.wrong ? html`<p class="problem" role="alert">There is no such key. It is the key itself that is asked for, not its name.</p>` : ''}
<input type="hidden" name="to" value="${options.to ?? ''}">
<label for="key">API key</label>
<input id="key" name="key" type="password" required autofocus autocomplete="current-password" spellcheck="false">
<button type="submit">Sign in</button>
<p class="faint">Without <code>API_KEYS</code> the service made a key for you: it is in the file <code>api-key</code> of its data directory.</p>
</form></main></body></html>`.text;
}
