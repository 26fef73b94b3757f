// Loaded into the service by NODE_OPTIONS: on SIGUSR2 it writes the longest delay of the event loop since the last time, in milliseconds of
// processor time, so that other load on the machine is not counted.
import { renameSync, writeFileSync } from 'node:fs';

const file = process.env.LOOP_DELAY_FILE;
const usedMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
let longestMs = 0;
let lastMs = usedMs();
setInterval(() => {
  const nowMs = usedMs();
  longestMs = Math.max(longestMs, nowMs - lastMs);
  lastMs = nowMs;
}, 10).unref();
process.on('SIGUSR2', () => {
  // Nothing is recorded until the delay is over: one turn later it is.
  setTimeout(() => {
    writeFileSync(`${file}.part`, String(longestMs));
    renameSync(`${file}.part`, file);
    longestMs = 0;
  }, 30);
});
