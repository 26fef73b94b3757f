#!/usr/bin/env node
import { runCommandLine } from './cli/program.ts';

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
