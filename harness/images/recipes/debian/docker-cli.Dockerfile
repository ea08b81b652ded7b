# Stands in for docker:*-cli: the client and its plugin for compose files at the same places. Both are from Debian's
# next release, whose versions speak with today's engines; they need nothing of it but the C library's old symbols.
ARG DEBIAN
FROM ${DEBIAN} AS packages
LABEL stream-chaos.image=packages
WORKDIR /packages
# From the mirror that the base itself came from.
RUN mirror=$(sed -n 's/^deb .*\(https\?:[^ ]*\) .*/\1/p' /etc/apt/sources.list | head -n 1) \
 && echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" > /etc/apt/sources.list \
 && apt-get update -qq && chown _apt . && apt-get download -qq docker-cli docker-compose \
 && for package in *.deb; do dpkg-deb -x "$package" /unpacked; done

FROM ${DEBIAN}
COPY --from=packages /unpacked/usr/bin/docker /usr/local/bin/
COPY --from=packages /unpacked/usr/libexec/docker/cli-plugins/docker-compose /usr/local/libexec/docker/cli-plugins/
RUN docker --version && docker compose version
