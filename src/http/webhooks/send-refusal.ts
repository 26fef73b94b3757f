import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Problem, sendProblem, writeProblem } from '../problem.ts';

const DRAIN_MS = 3000;

/**
 * Answers a request of which the body may not have been read. Closing at once would reset the connection, and the sender would never read
 * why: so the answer is written, and for a moment what still comes is thrown away.
 */
export function sendRefusal(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  if (request.complete) {
    sendProblem(response, problem);
    return;
  }
  writeProblem(response, { ...problem, headers: { ...problem.headers, Connection: 'close' } });
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, DRAIN_MS);
  request.once('end', end).once('close', end).resume();
}
