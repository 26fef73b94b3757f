#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { parseEnv } from 'node:util';

// Settings that must exist before the process starts. glibc's allocator: allocations of this size and above return to the system when freed;
// without it, bodies of 20 MB each left some hundred megabytes with the process. One arena for all threads: each of the pool's threads would
// retain what it once used to compress and to read rows, some 50 MB after five hundred large lists at once. V8: a young generation of half the default size, and an old one
// that is collected before it has grown fourfold; a hundred megabytes less at the peak (both measured November 2026).
const ALLOCATOR = 'MALLOC_MMAP_THRESHOLD_';
const FROM_BYTES = 262_144;
const ARENAS = 'MALLOC_ARENA_MAX';
const HEAP = ['--max-semi-space-size=8', '--max-old-space-size=1024'];

// On Linux the process replaces itself, keeping its process id, before it has loaded any of its own code.
if (process.platform === 'linux' && process.execve && process.env[ALLOCATOR] === undefined) {
  const heap = process.env.NODE_OPTIONS?.includes('-space-size') ? [] : HEAP;
  const commandLine = [process.execPath, ...heap, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, commandLine, { [ARENAS]: '1', ...process.env, [ALLOCATOR]: String(FROM_BYTES) });
}

// The environment takes precedence over the file, here and when the file is reloaded.
const environment = { ...process.env };
const readEnv = () => ({ ...(existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}), ...environment });
Object.assign(process.env, readEnv());

// There is no build step: Node caches the stripped and compiled code, and commands start in half the time.
enableCompileCache();
const { runCommandLine } = await import('./cli/program.ts');

// All files, including the database and documents, are accessible to their owner only.
process.umask(0o077);

// A reader that stops early (`| head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// A pipe accepts what fits; this waits until the reader has taken the rest.
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
