# dylive with Debian's Chromium. Build: docker build -t dylive .    Run: see deploy/compose.yaml
# Without it, for who collects no rooms by it or attaches another (DYLIVE_CDP): docker build --target slim -t dylive:slim .
FROM node:22-trixie-slim AS build
WORKDIR /build
# For SQLite's binding where no ready-made one fits.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates g++ make python3 \
 && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json .npmrc ./
COPY scripts scripts
# What the program and its build need; no tools of the tests.
RUN npm ci --omit=dev
COPY tsconfig.json tsconfig.build.json ./
COPY proto proto
COPY src src
COPY simulator simulator
COPY web web
RUN npm run build && npm pkg delete workspaces && npm prune --omit=dev && find dist -name '*.map' -delete && chmod 755 dist/bin/dylive.js && node -e 'new (require("better-sqlite3"))(":memory:")'

FROM node:22-trixie-slim AS slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /data \
 && chown node:node /data
WORKDIR /app
COPY LICENSE package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY docs/gen docs/gen
COPY --from=build /build/proto proto
COPY --from=build /build/simulator/media simulator/media
# Starts as root and goes on as PUID:PGID, 1000:1000 by default; or stays the user whom docker run --user names.
COPY --chmod=755 deploy/entrypoint.sh /usr/local/bin/dylive
ENV NODE_ENV=production DYLIVE_HOST=0.0.0.0 DYLIVE_PORT=8787 DYLIVE_DATA=/data HOME=/data
VOLUME ["/data"]
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.DYLIVE_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["dylive"]
CMD ["serve"]

FROM slim AS full
RUN apt-get update \
 && apt-get install -y --no-install-recommends chromium fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/*
ENV DYLIVE_BROWSER=/usr/bin/chromium
