import { connect, createServer } from 'node:net';

// A database some milliseconds away: forwards requests immediately, and responses after a delay. `delaying-proxy-server.ts HOST PORT MS`.
const [host = '', port = '', delayMs = '0'] = process.argv.slice(2);
const server = createServer((near) => {
  const far = connect(Number(port), host);
  near.setNoDelay(true);
  far.setNoDelay(true);
  near.on('data', (chunk) => far.write(chunk));
  far.on('data', (chunk) => setTimeout(() => near.write(chunk), Number(delayMs)));
  near.on('close', () => far.destroy());
  far.on('close', () => setTimeout(() => near.destroy(), Number(delayMs)));
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address ? String(address.port) : '');
});
