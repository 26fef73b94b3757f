#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// There is no build step: what was stripped of its types once is kept by Node, and commands start in half the time.
enableCompileCache();
const { runCommandLine } = await import('./cli/program.ts');

// Whatever is written, database and documents too, is its owner's alone.
process.umask(0o077);

// A reader that has seen enough (`| head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// A pipe takes what it can; the rest waits here until its reader comes to it.
const write = (stream: NodeJS.WriteStream, text: string) => new Promise<void>((taken) => void stream.write(text, () => taken()));

const code = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  workingDir: process.cwd(),
  out: (text) => write(process.stdout, text),
  err: (text) => void write(process.stderr, text),
  outTerminal: process.stdout.isTTY === true,
  terminal: process.stderr.isTTY === true,
});
await Promise.all([write(process.stdout, ''), write(process.stderr, '')]);
process.exit(code);
