/** Is notified whether each connection's platform API can be reached. */
export interface AccessObserver {
  /** Each time the circuit opens, also after a failed trial. `waitMs`: until the next trial. */
  circuitOpened(connection: string, waitMs: number): void;
  circuitClosed(connection: string): void;
  /** `pauseMs`: until they are tried again. */
  credentialsRefused(connection: string, message: string, pauseMs: number): void;
  /** With the first answer in this process, and with the first one after a refusal. */
  credentialsAccepted(connection: string): void;
}
