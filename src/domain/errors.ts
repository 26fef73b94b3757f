import type { ErrorCode } from './error-codes.ts';

/**
 * Errors are few and carry a stable code. They are handled in three places: HTTP, the end of an attempt, main/cli. `message` is for people
 * and never contains a secret.
 */
export class OrderdockError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** A body that is neither JSON nor XML, or does not have a structure that the platform is known to send. Stored as a dead delivery, answered 400. */
export class InvalidBody extends OrderdockError {
  constructor(message: string, options?: ErrorOptions) {
    super('invalid_body', message, options);
  }
}

/** Something on our side prevents the request (database, disk, shutdown): the sender is asked to retry. */
export class Unavailable extends OrderdockError {
  readonly retryAfterMs: number;
  constructor(code: ErrorCode, message: string, retryAfterMs = 5000, options?: ErrorOptions) {
    super(code, message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** A remote system answered with an error or not at all. `status` 0: no response (timeout, connection refused, circuit open). */
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

/** A failure that no retry can fix: the delivery becomes dead immediately. */
export class PermanentFailure extends OrderdockError {}

/**
 * A document is nested so deeply (tens of thousands of levels) that traversing it overflows the stack: the document is at fault, and a
 * retry does not help.
 */
export const isTooDeep = (error: unknown): boolean => error instanceof RangeError && /call stack/i.test(error.message);

/** An invalid request of an operator or client; `status` is its HTTP status. */
export class Refused extends OrderdockError {
  readonly status: number;
  constructor(status: number, code: ErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.status = status;
  }
}

/** A webhook request whose credentials are missing or wrong. */
export class Unauthenticated extends Refused {
  /** A description of its credentials, never their value; null: it had none. */
  readonly credential: string | null;
  constructor(reason: string, credential: string | null) {
    super(401, 'unauthorized', reason);
    this.credential = credential;
  }
}

/** Faults in the settings or the connections file, all of them at once. */
export class FaultySettings extends OrderdockError {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super('faulty_settings', `The settings have ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}
