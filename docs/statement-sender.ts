import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { StoreFunction } from './record-tests.ts';

const STORE = resolve(import.meta.dirname, '../src/store');

interface Frame extends StoreFunction {
  line: number;
}

/** The frames of a stack, innermost first; null: one outside of the store. */
const framesOf = (stack: string): (Frame | null)[] =>
  stack
    .split('\n')
    .slice(1)
    .filter((line) => !/docs\/recording-database|node:internal/.test(line))
    .map((line) => {
      const found = /at (?:async )?(?:(?:Object|Array)\.)?(?:([\w$]+) )?.*?src\/store\/([\w/-]+\.ts):(\d+)/.exec(line);
      return found ? { file: found[2] ?? '', name: found[1] ?? '', line: Number(found[3]) } : null;
    });

/** The innermost function of the store in a stack, when it was the store that sent the statement; null for a statement of a test. */
export function senderIn(stack: string): StoreFunction | null {
  const frames = framesOf(stack);
  const [first] = frames;
  if (!first) return null;
  const sender = frames.find((frame) => frame !== null && !frame.file.startsWith('engine/')) ?? first;
  return { file: sender.file, name: sender.name === '' || sender.name === 'map' ? declarationAt(sender) : sender.name };
}

/** All functions of the store in a stack. */
export const functionsIn = (stack: string): StoreFunction[] =>
  framesOf(stack)
    .filter((frame) => frame !== null)
    .map((frame) => ({ file: frame.file, name: frame.name || declarationAt(frame) }));

/** What an anonymous function is called by: the declaration of the file that it is part of. */
function declarationAt({ file, line }: Frame): string {
  const lines = linesOf.get(file) ?? readFileSync(join(STORE, file), 'utf8').split('\n');
  linesOf.set(file, lines);
  for (let at = line - 1; at >= 0; at--) {
    const declared = /^(?:export )?(?:async )?(?:function|const|class) (\w+)/.exec(lines[at] ?? '');
    if (declared) return declared[1] ?? '';
  }
  return '';
}

const linesOf = new Map<string, readonly string[]>();

/** The statement on as many lines as it has clauses, whatever the number of values in its lists, and whichever sequence numbers it contains. */
export const withoutCounts = (statement: string): string =>
  statement
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\?(?:, ?\?)+/g, '?, …')
    .replace(/\b(in|values) \(\?\)/g, '$1 (?, …)')
    .replace(/\bin \(\d+(?:, \d+)*\)/g, 'in (n, …)')
    .replace(/\) - \d+ \+ /g, ') - n + ')
    .replace(/\((\?, …|\?)\)(?:, ?\((?:\?, …|\?)\))+/g, '($1)')
    .replace(/ (from|where|order by|group by|having|limit|values|on conflict|returning|union all|(?:left |cross )?join|set) /g, '\n$1 ');
