import type { Request, RequestHandler, Response } from 'express';

/** What one route does, with the dependencies of its router. */
export type Route<Ports> = (ports: Ports, request: Request, response: Response) => Promise<unknown>;

/** Makes routes the handlers of Express, which sends what they throw as a problem. */
export const handlersWith =
  <Ports>(ports: Ports) =>
  (route: Route<Ports>): RequestHandler =>
  (request, response) =>
    route(ports, request, response);
