import { after } from 'node:test';

// Loaded before each test file (`node --import`, see package.json).

/** How long the process may continue after its last test; its own test shortens it. */
const withinMs = Number(process.env.TEST_ENDS_WITHIN_MS ?? 15_000);

/**
 * A server, database or timer that is left open keeps its process alive: a test whose set-up throws halfway, before anything closes what it has
 * opened, would not end before the time limit. The file fails soon after its last test instead, and says what is open.
 */
const endSoon = () =>
  setTimeout(() => {
    process.stderr.write(`The tests have ended, but these are open: ${process.getActiveResourcesInfo().join(', ')}\n`);
    process.exit(1);
  }, withinMs).unref();

// Not in the process that starts those of the test files.
if (process.env.NODE_TEST_CONTEXT) after(() => void endSoon());
