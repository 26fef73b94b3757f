import type { Subject } from '../../domain/entities/entity.ts';

/** A webhook as the simulated platform sends it, signed; `path` is below `/webhooks/{connection}`. */
export interface OutgoingWebhook {
  method: 'POST' | 'GET';
  path: string;
  headers: Record<string, string>;
  body: string;
  eventType: string;
  subject: Subject | null;
}

export interface SimulatedRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

export interface SimulatedResponse {
  status: number;
  headers?: Record<string, string>;
  body: string | Buffer;
}

/** A simulated platform: its data ("world"), its API, its webhooks. One value per sandbox connection. */
export interface Simulation {
  /** The platform's API. Paths are those below the simulator's base URL. */
  answer(request: SimulatedRequest): SimulatedResponse;
  /** Triggers `eventType` in the simulated world and returns the webhooks it sends. `form`: a sender's variant, such as `get` or `xml`. */
  emit(eventType: string, form?: string): OutgoingWebhook[];
  /** The short history of the first start: its events in order. */
  history: readonly { eventType: string; form?: string }[];
  /** The current resources of the world, for comparison with the store. */
  resources(): { subject: Subject; text: string }[];
}

export interface SimulationOptions {
  now(): Date;
  random(): number;
  makeId(): string;
  /** Base URL of the simulator's own HTTP server, used for download addresses. */
  baseUrl: string;
}
