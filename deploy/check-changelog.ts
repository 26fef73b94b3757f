import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** What prevents a version from being released; empty: nothing. */
export function changelogFaults(changelog: string, version: string): string[] {
  const headings = [...changelog.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading ?? '');
  const faults: string[] = [];
  if (headings.some((heading) => /^unreleased/i.test(heading))) faults.push('CHANGELOG.md has an open "Unreleased" section.');
  if (!headings.some((heading) => new RegExp(`^\\[?${version.replaceAll('.', '\\.')}\\]? - \\d{4}-\\d{2}-\\d{2}$`).test(heading)))
    faults.push(`CHANGELOG.md has no section "## ${version} - YYYY-MM-DD".`);
  return faults;
}

/** Run by `npm version`: refuses to tag a version whose changes are not documented, and stores the API description as released. */
if (import.meta.main) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const faults = changelogFaults(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), version);
  if (faults.length > 0) {
    process.stderr.write(`${faults.join('\n')}\n`);
    process.exit(1);
  }
  copyFileSync(join(ROOT, 'openapi/api.yaml'), join(ROOT, 'openapi/released/api.yaml'));
}
