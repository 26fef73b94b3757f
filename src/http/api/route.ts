import type { Request, RequestHandler, Response } from 'express';

/** The handler of one route, with the dependencies of its router. */
export type Route<Ports> = (ports: Ports, request: Request, response: Response) => Promise<unknown>;

/** Turns routes into Express handlers; Express sends what they throw as a problem. */
export const handlersWith =
  <Ports>(ports: Ports) =>
  (route: Route<Ports>): RequestHandler =>
  (request, response) =>
    route(ports, request, response);
