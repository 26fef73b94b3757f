# Build: compiles sqlite3. Run: Node 24 and the unmodified sources; the image contains no compiler, no npm cache and no development dependency.
FROM node:24-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts && npm rebuild sqlite3

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY package.json ./
COPY migrations migrations
COPY openapi openapi
COPY src src
COPY deploy/healthcheck.ts deploy/healthcheck.ts
# Any user can run it (OpenShift uses a random one, in group 0): only /data is written to, and it belongs to group 0.
RUN install -d -o node -g 0 -m 770 /data && rm -rf /usr/local/lib/node_modules/npm /usr/local/bin/npm /usr/local/bin/npx
USER node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data CONNECTIONS_FILE=/etc/orderdock/connections.yaml
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["node", "deploy/healthcheck.ts"]
CMD ["node", "src/main.ts", "serve"]
