// Comforts. Every page works without this file.

// Times: the server writes them, in the zone of this cookie. The switch is between UTC and the zone of this machine.
const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const toggle of document.querySelectorAll('[data-zone]')) {
  if (local === 'UTC' && toggle.dataset.zone === 'UTC') continue;
  toggle.hidden = false;
  toggle.addEventListener('click', () => {
    const zone = toggle.dataset.zone === 'UTC' ? local : 'UTC';
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API exists over HTTPS only.
    document.cookie = `orderdock_zone=${zone}; path=/console; samesite=strict; max-age=31536000`;
    location.reload();
  });
}

const search = document.getElementById('search');
const found = document.getElementById('found');
addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && found) found.replaceChildren();
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest('input, select, textarea')) return;
  event.preventDefault();
  search?.focus();
});
// From the box into its results and back, with the arrows.
search?.form.addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const stops = [search, ...found.querySelectorAll('a')];
  const next = stops[stops.indexOf(document.activeElement) + (event.key === 'ArrowDown' ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
});
addEventListener('click', (event) => {
  if (found && !event.target.closest('.search')) found.replaceChildren();
});

addEventListener('click', async (event) => {
  const copy = event.target.closest('[data-copy]');
  if (!copy) return;
  const source = document.getElementById(copy.dataset.copy);
  await navigator.clipboard.writeText(source.dataset.text ?? source.textContent);
  copy.textContent = 'Copied';
});
addEventListener('change', (event) => {
  if (!event.target.matches('[data-all]')) return;
  for (const box of event.target.closest('form').querySelectorAll('input[name="id"]')) box.checked = event.target.checked;
});

const reveal = () => {
  for (const hidden of document.querySelectorAll('[data-copy][hidden], [data-all][hidden]')) hidden.hidden = false;
};
reveal();
document.addEventListener('htmx:after:swap', reveal);

// A hidden page does not refresh; it does so when it becomes visible again.
document.addEventListener('htmx:before:request', (event) => {
  if (document.hidden && event.target.id === 'content') event.preventDefault();
});
