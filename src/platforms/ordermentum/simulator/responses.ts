import type { Json } from '../../../domain/values/json.ts';
import type { SimulatedResponse } from '../../contract/simulation.ts';

export const answerJson = (status: number, body: Json, headers: Record<string, string> = {}): SimulatedResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

export const missing = (): SimulatedResponse => answerJson(404, { message: 'Not found', name: 'NotFoundError', code: 404 });

export const refusal = (message: string): SimulatedResponse => answerJson(400, { message, name: 'ValidationError', code: 400 });
