import type { Server } from 'node:net';

/** The TCP port of a listening server, also if it was started on port 0. */
export function listeningPort(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server is not listening on a TCP port');
  return address.port;
}
