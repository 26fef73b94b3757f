import type { Log, LogFields } from '../../src/domain/log.ts';

export interface MemoryLog extends Log {
  lines: { level: string; event: string; fields: LogFields }[];
}

/** Keeps what is logged, so that a test can look for what must, or must not, stand in it. */
export function memoryLog(): MemoryLog {
  const lines: MemoryLog['lines'] = [];
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
