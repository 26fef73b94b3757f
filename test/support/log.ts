import type { Log, LogFields } from '../../src/domain/log.ts';

export interface MemoryLog extends Log {
  lines: { level: string; event: string; fields: LogFields }[];
  /** Resolves when the next line has been written. */
  written(): Promise<void>;
}

/** Collects log lines, so that a test can check what must, or must not, be in them. */
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
