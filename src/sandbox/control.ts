import { timingSafeEqual } from 'node:crypto';
import { isObject, parseJson, textAt } from '../domain/values/json.ts';
import type { OutgoingWebhook, SimulatedRequest, SimulatedResponse } from '../platforms/contract/simulation.ts';
import type { Answer } from './simulators.ts';

/** The path of the sandbox's own API, next to those of the simulated platforms. */
export const CONTROL_NAME = '_sandbox';

const problem = (status: number, detail: string): SimulatedResponse => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ status, detail }),
});

/** `POST /_sandbox/happen {connection, eventType, form}`: triggers the event and returns the signed `{webhooks}` for the caller to send. */
export function answerControl(key: string, trigger: (connection: string, eventType: string, form?: string) => OutgoingWebhook[]): Answer {
  return (request) => {
    if (!isAuthorized(request, key)) return problem(401, 'The key in DATA_DIR/sandbox.json is required.');
    if (request.method !== 'POST' || request.path !== '/happen') return problem(404, 'Only POST /happen exists.');
    try {
      const input = parseJson(request.body);
      if (!isObject(input)) return problem(400, 'Expected a JSON object.');
      const webhooks = trigger(textAt(input.connection) ?? '', textAt(input.eventType) ?? '', textAt(input.form) ?? undefined);
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ webhooks }) };
    } catch (error) {
      return problem(400, error instanceof Error ? error.message : 'The event could not be triggered.');
    }
  };
}

function isAuthorized(request: SimulatedRequest, key: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${key}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
