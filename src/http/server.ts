import type { RequestListener } from 'node:http';
import express from 'express';
import helmet from 'helmet';
import { createCredentialChecker } from './auth/gatekeeper.ts';
import { createTokenEndpoint } from './auth/oauth-token.ts';
import { createOwnTokens } from './auth/own-tokens.ts';
import { dropForwardedPorts } from './forwarded-ports.ts';
import { addMonitoring } from './operations-server.ts';
import type { HttpPorts } from './ports.ts';
import { errorBorder, notFound } from './problem.ts';
import { requestContext } from './request-context.ts';
import { createWebhooks, isWebhookTarget } from './webhooks/webhooks.ts';

// Pages load only from our own origin. No upgrade to HTTPS: behind a proxy or on a developer's machine our own address may not support it.
const CONTENT_SECURITY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
};

/** The whole HTTP application. Webhooks come first, so that they pass only the middleware that they need. */
export function createHttp(ports: HttpPorts): RequestListener {
  const { settings, connections, clock, log } = ports;
  const ownTokens = createOwnTokens(ports.tokenKey, clock);
  const gatekeeperFor = createCredentialChecker({ outside: ports.outside, ownTokens, clock });

  const app = express();
  app.disable('x-powered-by');
  if (settings.trustProxy !== null) {
    app.set('trust proxy', settings.trustProxy);
    app.use(dropForwardedPorts);
  }

  app.use(requestContext);
  const webhooks = createWebhooks({ ...ports, gatekeeperFor });
  app.use('/webhooks', webhooks.handler);
  app.use(
    '/oauth/token',
    createTokenEndpoint({ connections, ownTokens, requireHttps: settings.requireHttps, log, signIns: ports.signIns }),
  );
  app.use(helmet({ contentSecurityPolicy: CONTENT_SECURITY }));
  addMonitoring(app, ports);
  app.use('/api/v1', ports.api);
  if (ports.apiDocs) app.use('/api/docs', ports.apiDocs);
  app.use('/console', ports.console);
  app.get('/', (_request, response) => response.redirect('/console/'));
  app.use(notFound);
  app.use(errorBorder(log));
  if (settings.trustProxy !== null) return app;
  return (request, response) => (isWebhookTarget(request.url) ? webhooks.direct(request, response) : app(request, response));
}
