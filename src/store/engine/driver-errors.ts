// knex would write to the terminal, bypassing the log; the errors it prints are thrown as well.
export const SILENT_LOG = { warn: () => {}, error: () => {}, deprecate: () => {}, debug: () => {} };

export const isObjectWith = <Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> =>
  typeof value === 'object' && value !== null && name in value;
export const errorCode = (error: unknown): string => (isObjectWith(error, 'code') ? String(error.code ?? '') : '');
export const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : '');
export const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'KnexTimeoutError';
