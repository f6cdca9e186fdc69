# panorama-elt as an image: `docker build -t panorama-elt .`; docs/how-to/run-it-hourly.md tells how it is run.
#
# Node 24 has security releases until April 2028; those of 22 end a year earlier, and 20 has none any more. The last
# stage has no npm, no compiler and no Python, only what runs: Debian, the program `node`, and the package as it is
# published with the dependencies of the lock file.

FROM docker.io/library/node:24-bookworm-slim AS dependencies
WORKDIR /package
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=peer --ignore-scripts \
  && find node_modules \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM docker.io/library/node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build \
  && npm pack --ignore-scripts --silent --pack-destination /tmp \
  && mkdir /package \
  && tar -xzf /tmp/panorama-elt-*.tgz -C /package --strip-components=1

FROM docker.io/library/debian:bookworm-slim
RUN groupadd --gid 10001 panorama \
  && useradd --no-log-init --uid 10001 --gid panorama --create-home panorama \
  && mkdir /config \
  && install -d -o panorama -g panorama /data \
  && ln -s /panorama-elt/bin/panorama.js /usr/local/bin/panorama
# CronJobs say /bin/sh -c "python …". dash stays process 1 there and keeps SIGTERM to itself; bash makes way.
# hadolint ignore=DL4005
RUN ln -sf bash /bin/sh
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=dependencies /package/node_modules /panorama-elt/node_modules
COPY --from=build /package /panorama-elt
# python, crontab and cron, for what calls the image of panorama-elt 0.3 by these names.
COPY deploy/image/cron /panorama-elt/cron
COPY deploy/image/bin /usr/local/bin

ENV NODE_ENV=production
# A number, so that Kubernetes can tell that it is not root.
USER 10001:10001
WORKDIR /data
# No ENTRYPOINT: Tutor and CronJobs give a whole command line. The program handles signals as process 1 itself.
CMD ["panorama", "--help"]
