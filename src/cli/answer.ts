import type { CliRuntime } from './runtime.ts';

/** One row of a table: columns by their heading. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** The answer of a command: JSON for scripts, else for people. */
export function answer(ground: CliRuntime, json: boolean | undefined, value: unknown, text: () => string): void {
  ground.out(json ? `${JSON.stringify(value, null, 2)}\n` : text());
}

/** Rows under their headings, columns aligned; `empty` where there are none. */
export function table(rows: readonly Row[], empty: string): string {
  const headings = Object.keys(rows[0] ?? {});
  if (headings.length === 0) return `${empty}\n`;
  const cells = [headings.map((heading) => heading.toUpperCase()), ...rows.map((row) => headings.map((heading) => cell(row[heading])))];
  const widths = headings.map((_heading, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map(
      (line) =>
        `${line
          .map((text, column) => text.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

// What came from outside must not steer the terminal.
const cell = (value: Row[string] | undefined): string =>
  value === null || value === undefined ? '-' : String(value).replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
