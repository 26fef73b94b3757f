import { OrderdockError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';

/** What a command stands on: tests give their own. */
export interface CliRuntime {
  env: Readonly<Record<string, string | undefined>>;
  /** The environment as it would be at a start now: `.env` is read again; what the environment itself says goes before it. */
  readEnv?(): Readonly<Record<string, string | undefined>>;
  workingDir: string;
  /** Answers go here, and nothing else: scripts read it. Who writes much waits until it is taken. */
  out(text: string): void | Promise<void>;
  /** Progress, hints and faults. */
  err(text: string): void;
  /** Whether `out` is a terminal: then the log is made to be read by people. */
  outTerminal: boolean;
  /** Whether somebody is watching what goes to `err`. */
  terminal: boolean;
}

/** Ends a command with exit code 1. `message` is for people; empty where the command has said it all already. */
export class CommandFailed extends OrderdockError {
  constructor(message = '') {
    super('command_failed', message);
  }
}

/** Commands say only what went wrong; what they did is their answer. */
export const quietLog = (ground: CliRuntime): Log => {
  const say = (event: string, fields: object = {}) => {
    const text = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    ground.err(`${[event, ...text].join(' ')}\n`);
  };
  return { debug: () => {}, info: () => {}, warn: () => {}, error: say };
};

/** A line that is written over itself while something takes long; silent where nobody watches. */
export function createProgress(ground: CliRuntime): { show(text: string): void; clear(): void } {
  const clear = () => ground.terminal && ground.err('\r\u001b[K');
  return {
    show: (text) => void (ground.terminal && ground.err(`\r\u001b[K${text}`)),
    clear: () => void clear(),
  };
}
