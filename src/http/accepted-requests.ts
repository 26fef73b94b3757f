import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { sendProblem } from './problem.ts';

// A client that pipelines is read from only while few of its requests are unanswered.
const MOST_PIPELINED = 16;
const MOST_UNANSWERED = 5000;

/** The requests that were accepted and have not been answered yet. */
export class AcceptedRequests {
  private readonly perSocket = new WeakMap<Socket, number>();
  private unanswered = 0;
  private stopping = false;
  private lastAnswered = () => {};

  /** Passes requests to `handler`; answers 503 once `stop` has been called. */
  track(handler: RequestListener): RequestListener {
    return (request: IncomingMessage, response) => {
      if (this.stopping) return refuse(response);
      const { socket } = request;
      if (!this.accept(socket)) return;
      response.once('close', () => this.answered(socket));
      request.url = originForm(request.url ?? '/');
      handler(request, response);
    };
  }

  /** Resolves when all accepted requests are answered, or after `waitMs`. */
  async stop(waitMs: number): Promise<void> {
    this.stopping = true;
    if (this.unanswered === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.lastAnswered = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One chunk may contain a thousand requests, so that pausing the socket alone does not limit their total over all connections. */
  private accept(socket: Socket): boolean {
    const count = (this.perSocket.get(socket) ?? 0) + 1;
    if (count > MOST_PIPELINED && this.unanswered >= MOST_UNANSWERED) {
      socket.destroy();
      return false;
    }
    // Node resumes reading by itself after each response: the socket is paused again until few enough are left.
    if (!this.perSocket.has(socket)) socket.on('resume', () => this.pauseIfPipelining(socket));
    this.perSocket.set(socket, count);
    this.pauseIfPipelining(socket);
    this.unanswered++;
    return true;
  }

  private answered(socket: Socket): void {
    const count = (this.perSocket.get(socket) ?? 1) - 1;
    this.perSocket.set(socket, count);
    if (count === MOST_PIPELINED) socket.resume();
    this.unanswered--;
    if (this.unanswered === 0) this.lastAnswered();
  }

  private pauseIfPipelining(socket: Socket): void {
    if ((this.perSocket.get(socket) ?? 0) > MOST_PIPELINED) socket.pause();
  }
}

/** A request target may include scheme and host (RFC 9112, 3.2.2): `http://host/webhooks/acme` is `/webhooks/acme`. */
function originForm(target: string): string {
  const authority = /^https?:\/\/[^/?#]*/i.exec(target)?.[0];
  if (authority === undefined) return target;
  const rest = target.slice(authority.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

const refuse = (response: ServerResponse): void =>
  sendProblem(response, {
    status: 503,
    code: 'stopping',
    detail: 'The service is shutting down. Retry later.',
    headers: { 'Retry-After': '5', Connection: 'close' },
  });
