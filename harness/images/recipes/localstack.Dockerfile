# LocalStack with our plugin, the package that serves its Kinesis, and nothing that asks the internet.
ARG BASE=localstack/localstack:4.9.2
FROM ${BASE}
LABEL stream-chaos.image=localstack
COPY kinesis/ /usr/lib/localstack/kinesis-local/0.4.13/
COPY plugin/ /opt/stream-chaos/plugin/
ENV PYTHONPATH=/opt/stream-chaos/plugin \
    SERVICES=greengrass,iam,iot,iotanalytics,kinesis,lambda,logs,s3,sts \
    STRICT_SERVICE_LOADING=1 \
    EAGER_SERVICE_LOADING=0 \
    KINESIS_MOCK_VERSION=0.4.13 \
    KINESIS_LATENCY=0 \
    SKIP_SSL_CERT_DOWNLOAD=1 \
    DISABLE_EVENTS=1 \
    DISABLE_CORS_CHECKS=1 \
    DNS_ADDRESS=0 \
    AWS_ACCESS_KEY_ID=test \
    AWS_SECRET_ACCESS_KEY=test \
    AWS_EC2_METADATA_DISABLED=true
