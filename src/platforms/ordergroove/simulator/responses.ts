import type { Json } from '../../../domain/values/json.ts';
import type { SimulatedResponse } from '../../contract/simulation.ts';

export const answer = (status: number, body: Json): SimulatedResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export const missing = (): SimulatedResponse => answer(404, { detail: 'Unable to find requested asset.' });
