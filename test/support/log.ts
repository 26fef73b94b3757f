import type { Log, LogFields } from '../../src/domain/log.ts';

export interface MemoryLog extends Log {
  lines: { level: string; event: string; fields: LogFields }[];
  /** Resolves when the next line has been written. */
  written(): Promise<void>;
}

/** Keeps what is logged, so that a test can look for what must, or must not, stand in it. */
export function memoryLog(): MemoryLog {
  const lines: MemoryLog['lines'] = [];
  let next = Promise.withResolvers<void>();
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) => {
      lines.push({ level, event, fields });
      next.resolve();
      next = Promise.withResolvers<void>();
    };
  return { lines, written: () => next.promise, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
