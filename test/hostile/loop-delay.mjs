// Loaded into the service by NODE_OPTIONS: on SIGUSR2 it writes the longest stall of the event loop since the last time, milliseconds.
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const file = process.env.LOOP_DELAY_FILE;
const histogram = monitorEventLoopDelay({ resolution: 10 });
histogram.enable();
process.on('SIGUSR2', () => {
  // Until the stall is over nothing is recorded: one turn later it is.
  setTimeout(() => {
    writeFileSync(`${file}.part`, String(histogram.max / 1e6));
    renameSync(`${file}.part`, file);
    histogram.reset();
  }, 30);
});
