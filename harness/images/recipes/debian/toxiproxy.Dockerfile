# Stands in for ghcr.io/shopify/toxiproxy: the server built from the same source, started in the same way.
ARG DEBIAN
FROM ${DEBIAN}
COPY toxiproxy-server /toxiproxy
EXPOSE 8474
ENTRYPOINT ["/toxiproxy"]
CMD ["-host=0.0.0.0"]
