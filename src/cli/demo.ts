import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../domain/clock.ts';
import { PLATFORMS } from '../platforms/registry.ts';
import { createRemote } from '../remote/create-remote.ts';
import type { Conclusion } from '../sandbox/demo/conclude.ts';
import { runDemo } from '../sandbox/demo/demo.ts';
import type { World } from '../sandbox/world.ts';
import { VARIABLES } from '../settings.ts';
import { answer, table } from './answer.ts';
import { settingsOf } from './open.ts';
import { type CliRuntime, CommandFailed, createProgress, quietLog } from './runtime.ts';

interface Options {
  seconds?: number;
  json?: true;
}

export function addDemo(program: Command, runtime: CliRuntime): void {
  program
    .command('demo')
    .description(
      'The sandbox with faults: lost, repeated and late webhooks, a row dated 2099, an outage, a killed service and a restored backup. Then everything is compared.',
    )
    .option('--seconds <count>', 'how long the traffic lasts; default: until Ctrl-C', secondsOf)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  npm run demo\n  npm run demo -- --seconds 60\n\nExit code 0 only if the service ends up equal to the simulated platforms, every gap is explained, a reader of the feed has booked every change once, and no invariant is violated.',
    )
    .action((options: Options) => demo(runtime, options));
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 5 && seconds <= 86_400)) throw new InvalidArgumentError('Expected a number of seconds from 5 to 86400.');
  return seconds;
}

async function demo(runtime: CliRuntime, options: Options): Promise<void> {
  const settings = settingsOf(runtime);
  const progress = createProgress(runtime);
  const end = new AbortController();
  // The first signal ends the traffic and starts the comparison; a second one exits at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (end.signal.aborted ? process.exit(1) : end.abort()));
  const watched = runtime.terminal && process.stdin.isTTY && options.json !== true;
  const result = await runDemo({
    // On a terminal the console stays open until a key is pressed.
    ...(watched
      ? {
          inspect: (ended: Conclusion, consoleUrl: string) =>
            untilKey(runtime, `${summary(ended)}\nThe console stays open at ${consoleUrl}: press a key to stop the service.\n`),
        }
      : {}),
    dataDir: join(settings.dataDir, 'demo'),
    main: fileURLToPath(new URL('../main.ts', import.meta.url)),
    env: serviceEnv(runtime),
    platforms: PLATFORMS,
    listedKinds: (world) => listedKinds(world, runtime),
    random: Math.random,
    end: end.signal,
    seconds: options.seconds ?? null,
    show: progress.show,
    print(text) {
      progress.clear();
      runtime.err(`${text}\n`);
    },
  });
  progress.clear();
  if (!watched) answer(runtime, options.json, result, () => summary(result));
  if (!result.ok) throw new CommandFailed();
}

/** Prints a message and waits for a key press. */
function untilKey(runtime: CliRuntime, text: string): Promise<void> {
  runtime.err(text);
  const { stdin } = process;
  stdin.setRawMode(true);
  return new Promise((resolve) => {
    stdin.resume().once('data', () => {
      stdin.setRawMode(false);
      stdin.pause();
      resolve();
    });
  });
}

/** Takes only the listen address and the database from the caller's settings: the demo runs a separate service. */
function serviceEnv({ env }: CliRuntime): Record<string, string> {
  const others = Object.entries(env).filter(([name]) => !(name in VARIABLES) && name !== 'NODE_ENV');
  const kept = ['HOST', 'PORT', 'DATABASE_URL', 'LOG_LEVEL'].map((name) => [name, env[name]] as const);
  const set = [...others, ...kept].filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { PORT: '0', LOG_FORMAT: 'json', ...Object.fromEntries(set) };
}

const noLimits = { enter: async () => 0, pause: async () => {}, alone: <T>(_name: string, work: () => Promise<T>) => work() };

/** The kinds that the platform's API lists; nothing is called. */
function listedKinds(world: World, runtime: CliRuntime): ReadonlySet<string> {
  const remote = createRemote({ limits: noLimits, clock: systemClock, random: Math.random, log: quietLog(runtime) });
  const streams = world.platform.connect(world.settings, remote.forConnection(world.connection))?.streams ?? [];
  return new Set(streams.flatMap((stream) => stream.kinds));
}

const MOST_SHOWN = 20;

function summary(result: Conclusion): string {
  const { counts, comparison, gaps, unexplained, coverage, unproven, reader } = result;
  const lines = (title: string, texts: readonly string[]) =>
    texts.length === 0
      ? []
      : [
          title,
          ...texts.slice(0, MOST_SHOWN).map((text) => `  ${text}`),
          ...(texts.length > MOST_SHOWN ? [`  and ${texts.length - MOST_SHOWN} more`] : []),
          '',
        ];
  const rows = Object.entries(comparison.equal).map(([connection, equal]) => ({
    connection,
    'equal entities': equal,
    'proven up to': coverage[connection]?.findLast((span) => span.state === 'proven')?.to ?? null,
    'unproven spans': coverage[connection]?.filter((span) => span.state === 'unproven').length ?? null,
  }));
  return [
    '',
    `${counts.happened} events: ${counts.dropped} lost, ${counts.duplicated} sent twice, ${counts.delayed} out of order; ${counts.retries} attempts repeated, ${counts.givenUp} given up.`,
    `${result.outages} outage(s) of the APIs, ${result.kills} kill(s) of the service, ${result.restores} restored backup(s), ${result.futureRows} row(s) dated 2099.`,
    `A reader of the feed booked ${reader.booked} changes, each once: ${reader.diverged} time(s) its position was gone (410), ${reader.skipped} changes came again and were skipped by changeId, ${reader.lost} are no longer in the feed.`,
    '',
    table(rows, 'No connections.'),
    `Gaps that reconciliation found, by cause: ${
      Object.entries(gaps)
        .map(([cause, count]) => `${cause} ${count}`)
        .join(', ') || 'none'
    }.`,
    `Invariants violated: ${result.violations}.`,
    '',
    ...lines('Differences:', comparison.differences),
    ...lines('Changes that the reader has not booked once:', result.misbooked),
    ...lines('Rows from the future that were not flagged:', result.unflagged),
    ...lines('Not proven complete up to the end:', unproven),
    ...lines(
      'Unexplained gaps:',
      unexplained.map((gap) => `${gap.connection} ${gap.kind}:${gap.externalId} (${gap.cause})`),
    ),
    result.ok
      ? 'The service and the simulated platforms are equal.'
      : 'The service and the simulated platforms are NOT equal, or something is unexplained.',
    '',
  ].join('\n');
}
