import type { Command } from 'commander';
import { distance } from '../domain/values/edit-distance.ts';

/**
 * The message for a command or sub-command that does not exist, with the nearest name that does; null if all are known. Commander itself
 * ignores an unknown name that is followed by `--help`, prints another command's help and exits 0.
 */
export function findUnknownCommand(program: Command, words: readonly string[]): string | null {
  let at = program;
  for (const word of words) {
    if (word === '--' || at.commands.length === 0) return null;
    if (word.startsWith('-') || (word === HELP && at === program)) continue;
    const next = at.commands.find((command) => command.name() === word || command.aliases().includes(word));
    if (!next && word === HELP) continue;
    if (!next) return describe(at, word);
    at = next;
  }
  return null;
}

const HELP = 'help';

function describe(parent: Command, word: string): string {
  const names = parent.commands.map((command) => command.name());
  const [nearest = ''] = names.sort((a, b) => distance(word, a) - distance(word, b));
  const path = pathOf(parent);
  return `error: unknown command '${word}'. Did you mean '${[...path.slice(1), nearest].join(' ')}'?\n(${path.join(' ')} --help lists the commands)`;
}

const pathOf = (command: Command): string[] => (command.parent ? [...pathOf(command.parent), command.name()] : [command.name()]);
