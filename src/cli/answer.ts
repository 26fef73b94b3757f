import type { CliRuntime } from './runtime.ts';

/** One row of a table: cells by column heading. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** Writes the result of a command: JSON for scripts, text for people. */
export function answer(runtime: CliRuntime, json: boolean | undefined, value: unknown, text: () => string): void {
  runtime.out(json ? `${JSON.stringify(value, null, 2)}\n` : text());
}

/** Rows below their headings, with aligned columns; `empty` if there are none. */
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

// External text must not control the terminal.
const cell = (value: Row[string] | undefined): string =>
  value === null || value === undefined ? '-' : String(value).replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
