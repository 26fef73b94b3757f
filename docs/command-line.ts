import type { Command } from 'commander';
import { createProgram } from '../src/cli/program.ts';

/** The page about the command line, from the definitions used by `--help`. */
export function commandLinePage(): string {
  const program = createProgram({ env: {}, workingDir: '/', out: () => {}, err: () => {}, outTerminal: false, terminal: false });
  return [
    '# Command line',
    '',
    '<!-- Made from src/cli/ by `npm run docs`; a test checks that it is fresh. -->',
    '',
    '`npm run orderdock -- COMMAND`. Every command reads the same settings as the service ([configuration](configuration.md)) and works on the same',
    'database; it may run beside the service. Answers go to standard output, progress and faults to standard error. The exit code is 0 only on success.',
    '',
    ...commandsBelow(program).flatMap((command) => describe(command)),
  ].join('\n');
}

const commandsBelow = (command: Command): Command[] => command.commands.flatMap((one) => [one, ...commandsBelow(one)]);

function nameOf(command: Command): string {
  const parent = command.parent?.parent ? `${nameOf(command.parent)} ` : '';
  return `${parent}${command.name()}`;
}

function describe(command: Command): string[] {
  const help = command.createHelp();
  const rows = [
    ...help.visibleArguments(command).map((argument) => `| \`${argument.name()}\` | ${cell(help.argumentDescription(argument))} |`),
    ...help
      .visibleOptions(command)
      .filter((option) => option.long !== '--help')
      .map((option) => `| \`${option.flags.replaceAll('|', '\\|')}\` | ${cell(help.optionDescription(option))} |`),
  ];
  const usage = `orderdock ${nameOf(command)} ${command.usage()}`.trim();
  return [
    `## ${nameOf(command)}`,
    '',
    help.commandDescription(command),
    '',
    '```text',
    usage,
    ...textAfter(command),
    '```',
    '',
    ...(rows.length === 0 ? [] : ['| | |', '| --- | --- |', ...rows, '']),
  ];
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** The examples, as `--help` shows them below the options. */
function textAfter(command: Command): string[] {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (part) => void parts.push(part) });
  command.outputHelp();
  const text = parts.join('');
  const at = text.search(/^Examples?:/m);
  return at < 0 ? [] : ['', ...text.slice(at).trimEnd().split('\n')];
}
