import { isPermanentError } from './outcome.ts';

/** A condition that needs an operator's attention. Codes and their meaning: docs/operating.md. */
export interface Alert {
  level: 'info' | 'warning' | 'critical';
  /** Stable, snake_case. */
  code: string;
  /** Reads well in a chat channel; no secrets. */
  text: string;
  connection: string | null;
  /** The subject of the alert if a connection may have several, such as a consumer's name. */
  subject?: string;
  details: Readonly<Record<string, string | number | boolean | null>>;
}

/** Opens, repeats (at most once an hour) and closes alerts. At most one per code, connection and subject is open at a time. */
export interface Alerts {
  open(alert: Alert): void;
  /** Updates the description of an open alert without sending a message: its facts have changed. */
  update(alert: Alert): void;
  /** The condition has ended: sends a closing message if the alert was open. */
  close(code: string, connection: string | null, text: string, subject?: string): void;
}

/** The dead deliveries of a connection: their number, and the one that failed last (its `subject` and event are unknown if it could not be read). */
export interface DeadDeliveries {
  connection: string;
  count: number;
  newest: { id: string; eventType: string | null; subject: string | null; error: string | null };
}

export const deadDeliveriesAlert = ({ connection, count, newest }: DeadDeliveries): Alert => ({
  level: 'critical',
  code: 'delivery_dead',
  connection,
  text:
    count === 1
      ? `${connection}: a delivery failed permanently (${newest.error ?? 'unknown error'}). ${isPermanentError(newest.error) ? 'A replay would fail again: ask the platform to send it again, then dismiss it.' : 'Fix the cause and replay it, or dismiss it.'}`
      : `${connection}: ${count} deliveries failed permanently (the newest: ${newest.error ?? 'unknown error'}). Fix the causes and replay them, or dismiss them.`,
  details: { dead: count, deliveryId: newest.id, eventType: newest.eventType, subject: newest.subject },
});

/** The documents of a connection that failed permanently: their number, and the one that was announced last. */
export interface FailedDocuments {
  connection: string;
  count: number;
  newest: { id: string; name: string; state: string; error: string | null };
}

export const failedDocumentsAlert = ({ connection, count, newest }: FailedDocuments): Alert => ({
  level: 'warning',
  code: 'document_failed',
  connection,
  text:
    count === 1
      ? `A document announced by ${connection} could not be stored (${newest.state}): ${newest.name}`
      : `${count} documents announced by ${connection} could not be stored, the newest (${newest.state}): ${newest.name}`,
  details: { failed: count, documentId: newest.id, state: newest.state, error: newest.error },
});
