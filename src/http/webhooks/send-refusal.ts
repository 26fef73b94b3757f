import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Problem, sendProblem, writeProblem } from '../problem.ts';

const DRAIN_MS = 3000;

/**
 * Answers a request whose body may not have been read. Closing immediately would reset the connection before the sender reads the response:
 * so the response is written, and what still arrives is discarded for a moment.
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
