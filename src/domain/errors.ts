import type { ErrorCode } from './error-codes.ts';

/**
 * Errors are few and carry a stable code. They are decided at three borders: HTTP, the end of an attempt, main/cli.
 * `message` is for people and never holds a secret.
 */
export class OrderdockError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** A body that is neither JSON nor XML, or does not have a shape that the platform is known to send. Kept as a dead delivery, answered 400. */
export class InvalidBody extends OrderdockError {
  constructor(message: string, options?: ErrorOptions) {
    super('invalid_body', message, options);
  }
}

/** Something on our own side keeps us from working (database, disk, shutting down): the sender is asked to come again. */
export class Unavailable extends OrderdockError {
  readonly retryAfterMs: number;
  constructor(code: ErrorCode, message: string, retryAfterMs = 5000, options?: ErrorOptions) {
    super(code, message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** A remote system answered with an error or not at all. `status` 0: no answer (time-out, refused, circuit open). */
export class RemoteFailure extends OrderdockError {
  readonly status: number;
  readonly retryAfterMs: number | null;
  constructor(code: ErrorCode, message: string, status: number, retryAfterMs: number | null = null, options?: ErrorOptions) {
    super(code, message, options);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The remote system does not know the resource (404, 410). */
export class RemoteMissing extends RemoteFailure {
  constructor(message: string, status = 404) {
    super('remote_missing', message, status);
  }
}

/** It can never succeed, however often it is tried: the delivery goes to the dead letters at once. */
export class PermanentFailure extends OrderdockError {}

/**
 * A document is nested so deeply that walking it takes more stack than there is (tens of thousands of levels): the document is to blame, and
 * retrying does not help.
 */
export const isTooDeep = (error: unknown): boolean => error instanceof RangeError && /call stack/i.test(error.message);

/** A fault in what an operator or client asked for; `status` is the HTTP answer it becomes. */
export class Refused extends OrderdockError {
  readonly status: number;
  constructor(status: number, code: ErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.status = status;
  }
}

/** A webhook request whose credentials are missing or wrong. */
export class Unauthenticated extends Refused {
  /** What its credentials looked like, never their value; null: it had none. */
  readonly credential: string | null;
  constructor(reason: string, credential: string | null) {
    super(401, 'unauthorized', reason);
    this.credential = credential;
  }
}

/** Faults in settings or the connections file: all of them at once. */
export class FaultySettings extends OrderdockError {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super('faulty_settings', `The settings have ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}
