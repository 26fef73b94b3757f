#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// There is no build step: what was stripped of its types once is kept by Node, and commands start in half the time.
enableCompileCache();
const { runCommandLine } = await import('./cli/program.ts');

// Whatever is written, database and documents too, is its owner's alone.
process.umask(0o077);

// A reader that has seen enough (`| head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exit(
  await runCommandLine(process.argv.slice(2), {
    env: process.env,
    workingDir: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outTerminal: process.stdout.isTTY === true,
    terminal: process.stderr.isTTY === true,
  }),
);
