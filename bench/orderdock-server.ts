import { startApp } from '../src/app.ts';
import { readConnections } from '../src/connections.ts';
import { createLogger } from '../src/logger.ts';
import { PLATFORMS } from '../src/platforms/registry.ts';
import { readSettings } from '../src/settings.ts';
import { sampleConnections } from './sample.ts';

// The service as it is, with the settings that the parent put into the environment; its base URL is told to the parent.
const settings = readSettings(process.env, { terminal: false });
const app = await startApp(settings, readConnections(sampleConnections(), {}, PLATFORMS), {
  log: createLogger({ level: 'warn', format: 'json' }),
});
process.send?.(app.url);
process.on('SIGTERM', () => void app.stop().then(() => process.exit(0)));
