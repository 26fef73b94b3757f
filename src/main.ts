#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { parseEnv } from 'node:util';

// What can only be told before a program begins. glibc's allocator: memory of this size and above goes back to the system when it is freed;
// without it, bodies of 20 MB each left some hundred megabytes with the process. V8: a young generation of half the usual size, and an old one
// that is tidied up before it has grown fourfold; a hundred megabytes less at the peak (both measured November 2026).
const ALLOCATOR = 'MALLOC_MMAP_THRESHOLD_';
const FROM_BYTES = 262_144;
const HEAP = ['--max-semi-space-size=8', '--max-old-space-size=1024'];

// On Linux the program begins anew in its place, with the same process number, before it has read anything of its own.
if (process.platform === 'linux' && process.execve && process.env[ALLOCATOR] === undefined) {
  const heap = process.env.NODE_OPTIONS?.includes('-space-size') ? [] : HEAP;
  const words = [process.execPath, ...heap, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, words, { ...process.env, [ALLOCATOR]: String(FROM_BYTES) });
}

// What the environment itself says goes before the file, here and when the file is read again.
const outer = { ...process.env };
const readEnv = () => ({ ...(existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}), ...outer });
Object.assign(process.env, readEnv());

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
  readEnv,
  workingDir: process.cwd(),
  out: (text) => write(process.stdout, text),
  err: (text) => void write(process.stderr, text),
  outTerminal: process.stdout.isTTY === true,
  terminal: process.stderr.isTTY === true,
});
await Promise.all([write(process.stdout, ''), write(process.stderr, '')]);
process.exit(code);
