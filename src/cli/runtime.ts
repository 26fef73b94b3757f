import { OrderdockError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';

/** What a command runs with; tests pass their own. */
export interface CliRuntime {
  env: Readonly<Record<string, string | undefined>>;
  /** The environment as a start would see it now: `.env` is read again, and real environment variables take precedence. */
  readEnv?(): Readonly<Record<string, string | undefined>>;
  workingDir: string;
  /** Only results go here, since scripts read it. Await it when writing much. */
  out(text: string): void | Promise<void>;
  /** Progress, hints and errors. */
  err(text: string): void;
  /** Whether `out` is a terminal: the log is then formatted for people. */
  outTerminal: boolean;
  /** Whether `err` is a terminal. */
  terminal: boolean;
}

/** Ends a command with exit code 1. `message` is for people; empty if the command has already printed everything. */
export class CommandFailed extends OrderdockError {
  constructor(message = '') {
    super('command_failed', message);
  }
}

/** Commands log only failures; their result is their output. */
export const quietLog = (runtime: CliRuntime): Log => {
  const say = (event: string, fields: object = {}) => {
    const text = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    runtime.err(`${[event, ...text].join(' ')}\n`);
  };
  return { debug: () => {}, info: () => {}, warn: () => {}, error: say };
};

/** A progress line that overwrites itself; silent unless `err` is a terminal. */
export function createProgress(runtime: CliRuntime): { show(text: string): void; clear(): void } {
  const clear = () => runtime.terminal && runtime.err('\r\u001b[K');
  return {
    show: (text) => void (runtime.terminal && runtime.err(`\r\u001b[K${text}`)),
    clear: () => void clear(),
  };
}
