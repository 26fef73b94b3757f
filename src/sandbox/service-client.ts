/** The service's REST API, which the demo reads like any other client. */
export interface ServiceClient {
  /** Throws `ResponseError` for anything but a 2xx response, and `Error` without a response. */
  get<T>(path: string): Promise<T>;
  post<T>(path: string): Promise<T>;
  /** All pages of a list. */
  all<T>(path: string): Promise<T[]>;
}

const PAGE = 500;

/** A response other than 2xx. */
export class ResponseError extends Error {
  readonly status: number;
  readonly text: string;
  constructor(call: string, status: number, text: string) {
    super(`${call} answered ${status}: ${text.slice(0, 200)}`);
    this.name = 'ResponseError';
    this.status = status;
    this.text = text;
  }
}

/** `base` returns the base URL and is called before each request, since the service may have restarted. */
export function createServiceClient(base: () => string | null, key: () => Promise<string>): ServiceClient {
  async function call(method: string, path: string): Promise<Response> {
    const url = base();
    if (url === null) throw new Error('The service is not running.');
    return fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${await key()}` } });
  }
  async function read<T>(method: string, path: string): Promise<T> {
    const response = await call(method, path);
    const text = await response.text();
    if (!response.ok) throw new ResponseError(`${method} ${path}`, response.status, text);
    return JSON.parse(text);
  }
  return {
    get: (path) => read('GET', path),
    post: (path) => read('POST', path),
    async all<T>(path: string) {
      const rows: T[] = [];
      let after = '';
      for (;;) {
        const page = await read<{ data: T[]; next: string | null }>('GET', `${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}${after}`);
        rows.push(...page.data);
        if (page.next === null || page.data.length === 0) return rows;
        after = `&after=${encodeURIComponent(page.next)}`;
      }
    },
  };
}
