import { action } from './components/components.ts';
import { type Html, html } from './components/html.ts';
import { link } from './components/links.ts';
import type { PlaceGroup } from './navigation.ts';
import type { PageRequest, View } from './page.ts';

// A refresh keeps what the user has opened, selected or typed.
const HTMX = '{"includeIndicatorCSS":false,"history":false,"morphIgnore":["data-htmx-powered","open","checked"]}';

const head = (title: string): Html => html`<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<meta name="htmx-config" content="${HTMX}">
<title>${title} · Orderdock</title>
<link rel="icon" href="${link('/assets/icon.svg')}" type="image/svg+xml"><link rel="stylesheet" href="${link('/assets/console.css')}">
<script src="${link('/assets/htmx.min.js')}" defer></script><script src="${link('/assets/console.js')}" defer></script>`;

const SANDBOX = html`<p class="sandbox" role="note"><strong>Sandbox.</strong><span> Everything here is simulated; nothing reaches a real system.</span></p>`;

// Morphed, not replaced: keyboard focus stays where it is.
const refresh = (address: string, seconds: number): Html =>
  html` hx-get="${address}" hx-trigger="every ${seconds}s" hx-select="#content" hx-swap="outerMorph"`;

const searchBox = (
  text: string,
): Html => html`<form class="search" method="get" action="${link('/search')}" role="search" aria-label="Search everything" hx-morph-skip>
<label class="unseen" for="search">Search</label>
<input id="search" name="q" type="search" value="${text}" placeholder="Search: number, item, party, document, event…" autocomplete="off" spellcheck="false" aria-keyshortcuts="/" hx-get="${link('/search/results')}" hx-trigger="input changed delay:200ms" hx-target="#found" hx-swap="innerHTML">
<kbd aria-hidden="true">/</kbd><div id="found" aria-live="polite"></div></form>`;

const navigation = (groups: readonly PlaceGroup[], current: string): Html =>
  html`<nav id="menu" aria-label="Console">${groups.map(
    ({ name, places }) =>
      html`<div class="group">${name === null ? '' : html`<p>${name}</p>`}<ul>${places.map(
        ({ path, name: title, count }) =>
          html`<li><a href="${link(path)}"${path === current ? html` aria-current="page"` : ''}>${title}${count === undefined ? '' : html` <span class="count ${count.tone}">${count.number.toLocaleString('en')}<span class="unseen"> ${count.word}</span></span>`}</a></li>`,
      )}</ul></div>`,
  )}</nav>`;

/** `UTC` or the user's own zone: the button is enabled by the script, which knows the zone. */
const zoneSwitch = ({ zone }: PageRequest): Html =>
  html`<button type="button" class="quiet" data-zone="${zone}" title="Times are in ${zone}" hidden>${zone}</button>`;

/** The page around a view. `place` is the path of the section that it belongs to. */
export function pageOf(view: View, place: string, pageRequest: PageRequest, groups: readonly PlaceGroup[], sandbox: boolean): string {
  const seconds = view.refreshSeconds === undefined ? 10 : view.refreshSeconds;
  return html`<!doctype html>
<html lang="en"><head>${head(view.title)}</head><body>
<a class="skip" href="#content">Skip to content</a>
<header><a class="brand" href="${link('/')}">Orderdock</a>${sandbox ? SANDBOX : ''}${searchBox(place === '/search' ? (pageRequest.param('q') ?? '') : '')}
<div class="who">${zoneSwitch(pageRequest)}<span>${pageRequest.caller.name} <span class="faint">${pageRequest.caller.role}</span></span>${action({ path: '/sign-out', label: 'Sign out', csrf: pageRequest.csrf })}<a class="button menu" href="#menu">Menu</a></div></header>
<div class="frame">${navigation(groups, view.place ?? place)}
<main id="content" tabindex="-1"${seconds === null ? '' : refresh(pageRequest.address, seconds)}><h1>${view.title}</h1><div class="lead">${view.lead}</div>${view.body}</main></div>
</body></html>`.text;
}

/** The sign-in page. */
export function signInPage(options: { to: string | null; wrong: boolean; sandbox: boolean }): string {
  return html`<!doctype html>
<html lang="en"><head>${head('Sign in')}</head><body class="sign-in-page">
<main id="content"><h1><span class="brand">Orderdock</span></h1>
${options.sandbox ? SANDBOX : ''}
<form class="sign-in" method="post" action="${link('/sign-in')}">
${options.wrong ? html`<p class="problem" role="alert">This key is unknown. Enter the key itself, not its name.</p>` : ''}
<input type="hidden" name="to" value="${options.to ?? ''}">
<label for="key">API key</label>
<input id="key" name="key" type="password" required autofocus autocomplete="current-password" spellcheck="false">
<button type="submit" class="primary">Sign in</button>
<p class="faint">If <code>API_KEYS</code> is not set, the service has generated a key: it is in the file <code>api-key</code> of its data directory.</p>
</form></main></body></html>`.text;
}
