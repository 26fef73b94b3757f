import { createLogger as createWinston, format, transports } from 'winston';
import { type CurrentRequest, currentRequest, traceIdOf } from './domain/current-request.ts';
import type { Log, LogFields } from './domain/log.ts';

export interface LoggerOptions {
  level: string;
  format: 'json' | 'pretty';
}

/** The log, on standard output: one JSON object per line, or readable lines on a terminal. */
export function createLogger(options: LoggerOptions): Log {
  const winston = createWinston({
    level: options.level,
    format: format.combine(format.timestamp(), options.format === 'json' ? format.json({ deterministic: false }) : pretty),
    transports: [new transports.Console()],
  });
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void winston.log({
        ...originOf(currentRequest()),
        ...fields,
        ...('level' in fields ? { alertLevel: fields.level } : {}),
        level,
        message: event,
      });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The request that a line belongs to. */
const originOf = (request: CurrentRequest | undefined): LogFields =>
  request ? { requestId: request.requestId, ...(request.traceparent ? { traceId: traceIdOf(request) } : {}) } : {};

const pretty = format.printf(({ timestamp, level, message, ...fields }) => {
  const text = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
  return `${String(timestamp).slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${String(message)} ${text}`.trimEnd();
});
