import type { RequestHandler } from 'express';
import { Refused } from '../../domain/errors.ts';
import { callerOf } from './auth.ts';
import { pathText } from './query.ts';

/**
 * Restricts a key to the consumers in its scope; a reader without such a scope may acknowledge and send receipts only for the consumer of its own
 * name. Mounted before the consumers' routes, at `/consumers/:name`.
 */
export const consumerAccess: RequestHandler = (request, response, next) => {
  const { name: keyName, role, scope } = callerOf(response);
  const name = pathText(request, 'name');
  if (scope?.consumers && !scope.consumers.includes(name)) throw new Refused(404, 'not_found', `There is no consumer named ${name}.`);
  const isOwn = scope?.consumers?.includes(name) || name === keyName;
  if (role === 'reader' && request.method !== 'GET' && request.method !== 'HEAD' && !isOwn) {
    throw new Refused(
      403,
      'not_your_consumer',
      `The key ${keyName} may acknowledge and send receipts only for the consumer ${keyName}. Create a key whose scope includes the consumer ${name}.`,
    );
  }
  next();
};
