import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connectionsSchema } from '../src/connections.ts';
import { ERROR_CODES } from '../src/domain/error-codes.ts';
import { PLATFORMS } from '../src/platforms/registry.ts';
import { VARIABLES } from '../src/settings.ts';
import { commandLinePage } from './command-line.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** The documents that are generated from the code, by path: `npm run docs` writes them, a test compares them. */
export function generatedDocuments(): Record<string, string> {
  return {
    'docs/configuration.md': configurationPage(),
    'docs/command-line.md': commandLinePage(),
    'docs/errors.md': errorsPage(),
    '.env.example': envExample(),
    'docs/connections.schema.json': `${JSON.stringify(connectionsSchema(PLATFORMS), null, 2)}\n`,
  };
}

function configurationPage(): string {
  const rows = Object.entries(VARIABLES).map(([name, { default: standard, expected, text }]) => {
    const value = standard === '' ? '-' : `\`${standard}\``;
    return `| \`${name}\` | ${value} | ${text.replaceAll('|', '\\|')} | ${expected.replaceAll('|', '\\|')} |`;
  });
  const platforms = PLATFORMS.map(
    (platform) => `- **${platform.title}** (\`platform: ${platform.name}\`): [its page](../src/platforms/${platform.name}/README.md)`,
  );
  return [
    '# Configuration',
    '',
    '<!-- Made from src/settings.ts by `npm run docs`; a test checks that it is fresh. -->',
    '',
    'Everything is set by environment variables and one YAML file. With an invalid setting the service does not start, and prints one message that lists all errors by name,',
    'with what was expected; values are never printed.',
    '',
    '## Environment',
    '',
    '| variable | default | | expected |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    '## The connections file',
    '',
    '`CONNECTIONS_FILE` names it. `${NAME}` in any value is read from the environment; a missing one is an error. Every secret takes one value or a list: any of',
    'them is valid, so that it can be changed without losing a delivery. `SIGHUP` reads the file again; an invalid file is rejected and the current configuration stays.',
    'For editors: `# yaml-language-server: $schema=docs/connections.schema.json` in its first line. An example with every platform:',
    '[connections.example.yaml](../connections.example.yaml).',
    '',
    ...platforms,
    '',
  ].join('\n');
}

function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, text]) => `| \`${code}\` | ${text.replaceAll('|', '\\|')} |`);
  return [
    '# Errors',
    '',
    '<!-- Made from src/domain/error-codes.ts by `npm run docs`; a test checks that it is fresh. -->',
    '',
    'Every error has a stable code: `code` of a problem (`application/problem+json`), the beginning of `error` of a delivery, run or document, and in logs. A code',
    'never changes its meaning. Alerts have codes of their own: [operating.md](operating.md).',
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function envExample(): string {
  const lines = Object.entries(VARIABLES).flatMap(([name, { default: standard, text }]) => [`# ${text}`, `# ${name}=${standard}`, '']);
  return ['# Copy to .env (npm start reads it) or set these in the environment. See docs/configuration.md.', '', ...lines].join('\n');
}

/** Whether the file in the repository equals the generated one. */
export const isFresh = (path: string, text: string): boolean => readFileSync(join(ROOT, path), 'utf8') === text;

if (import.meta.main) for (const [path, text] of Object.entries(generatedDocuments())) writeFileSync(join(ROOT, path), text);
