/** The result of one check; `text` says what was found and, if it is not ok, what to do. */
export interface Finding {
  area: 'settings' | 'files' | 'database' | 'connections' | 'tls' | 'proxy' | 'service';
  what: string;
  level: 'ok' | 'warning' | 'failure';
  text: string;
}

export const ok = (area: Finding['area'], what: string, text: string): Finding => ({ area, what, level: 'ok', text });
export const warning = (area: Finding['area'], what: string, text: string): Finding => ({ area, what, level: 'warning', text });
export const failure = (area: Finding['area'], what: string, text: string): Finding => ({ area, what, level: 'failure', text });

export const errorLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
