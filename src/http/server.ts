import express, { type Express } from 'express';
import helmet from 'helmet';
import { createCredentialChecker } from './auth/gatekeeper.ts';
import { createTokenEndpoint } from './auth/oauth-token.ts';
import { createOwnTokens } from './auth/own-tokens.ts';
import { dropForwardedPorts } from './forwarded-ports.ts';
import { addMonitoring } from './operations-server.ts';
import type { HttpPorts } from './ports.ts';
import { errorBorder, notFound } from './problem.ts';
import { requestContext } from './request-context.ts';
import { createWebhooks } from './webhooks/webhooks.ts';

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
export function createHttp(ports: HttpPorts): Express {
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
  app.use('/webhooks', createWebhooks({ ...ports, gatekeeperFor }));
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
  return app;
}
