import type { Request } from 'express';
import { Refused } from '../../domain/errors.ts';
import { readIsoTime } from '../../domain/values/time.ts';

/** Query parameters after validation: known names only, of the described types, lists split at commas. */
const members = (request: Request): Record<string, unknown> => request.query;

export function queryText(request: Request, name: string): string | null {
  const value = members(request)[name];
  return typeof value === 'string' ? value : null;
}

export function queryNumber(request: Request, name: string): number | null {
  const value = members(request)[name];
  return typeof value === 'number' ? value : null;
}

/** A query member that has one of these values; null for any other. */
export const queryChoice = <T extends string>(request: Request, name: string, choices: readonly T[]): T | null =>
  choiceOf(queryText(request, name), choices);

const choiceOf = <T extends string>(text: string | null, choices: readonly T[]): T | null =>
  choices.find((choice) => choice === text) ?? null;

/** False when absent. */
export const queryFlag = (request: Request, name: string): boolean => members(request)[name] === true;

/** Null when absent. */
export function queryList(request: Request, name: string): string[] | null {
  const value = members(request)[name];
  return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : null;
}

/** ISO 8601 UTC with milliseconds, from any notation that platforms use. Rejects an invalid one (400 `invalid_time`). */
export function queryTime(request: Request, name: string): string | null {
  const text = queryText(request, name);
  return text === null ? null : timeOf(text, name);
}

export function timeOf(text: string, name: string): string {
  const time = readIsoTime(text);
  if (time === null) throw new Refused(400, 'invalid_time', `\`${name}\` is not a valid ISO 8601 timestamp: ${text.slice(0, 40)}`);
  return time;
}

const DEFAULT_LIMIT = 100;
export const queryLimit = (request: Request): number => queryNumber(request, 'limit') ?? DEFAULT_LIMIT;

/** One segment of the path, decoded. */
export function pathText(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
}

/** One segment of the path, which the validator has checked to be one of these values. */
export function pathChoice<T extends string>(request: Request, name: string, choices: readonly T[]): T {
  const choice = choiceOf(pathText(request, name), choices);
  if (choice === null) throw new Refused(400, 'invalid_request', `Unknown ${name}.`);
  return choice;
}
