"""The vendor's client for Node, from npm, in a process of its own."""

import json
import subprocess

import pytest

from harness.tools.node import ensure_node

PACKAGE = "aws-greengrass-core-sdk@1.7.0"
APPENDS = 100
PROGRAM = """
const sdk = require('aws-greengrass-core-sdk/stream-manager');
const port = parseInt(process.argv[2]), appends = parseInt(process.argv[3]);

const quiet = { error: console.error, debug() {}, info() {}, warn() {} };
const client = new sdk.StreamManagerClient({ port, logger: quiet, onErrorCb: (error) => { throw error; } });
const definition = (strategy) => new sdk.MessageStreamDefinition().withName('S').withStrategyOnFull(strategy);

async function run() {
    await client.createMessageStream(definition(sdk.StrategyOnFull.OverwriteOldestData)
        .withExportDefinition(new sdk.ExportDefinition().withKinesis([new sdk.KinesisConfig('e', 'K')])));
    let again = '';
    try {
        await client.createMessageStream(definition(sdk.StrategyOnFull.RejectNewData));
    } catch (error) {
        again = `${error.name}: ${error.message}`;
    }
    const numbers = [];
    for (let number = 0; number < appends; number++) {
        numbers.push(await client.appendMessage('S', Buffer.from(`${number}`)));
    }
    const read = await client.readMessages('S', new sdk.ReadMessagesOptions()
        .withDesiredStartSequenceNumber(1).withMinMessageCount(2).withMaxMessageCount(3).withReadTimeoutMillis(100));
    const info = await client.describeMessageStream('S');
    info.definition.maxSize = 1 << 24;
    await client.updateMessageStream(info.definition);
    const listed = await client.listStreams();
    await client.deleteMessageStream('S');
    return {
        again, numbers, listed,
        read: read.map((each) => [each.sequenceNumber, each.payload.toString()]),
        newest: info.storageStatus.newestSequenceNumber,
        exporter: info.exportStatuses[0].exportConfigIdentifier,
        left: await client.listStreams(),
    };
}

client.onConnected(() => run().then(
    (told) => { console.log(JSON.stringify(told)); client.close(); process.exit(0); },
    (error) => { console.error(error); process.exit(1); }));
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Runs a program with the client; installed once."""
    found = ensure_node(print)
    folder = tmp_path_factory.mktemp("node")
    install = ["install", "--no-audit", "--no-fund", "--silent", PACKAGE]
    subprocess.run([*found.npm, *install], cwd=folder, check=True, timeout=120)
    (folder / "program.js").write_text(PROGRAM)

    def run(*arguments):
        done = subprocess.run(
            [found.program, "program.js", *map(str, arguments)],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.localstack
def test_the_vendors_client_for_node_creates_appends_and_reads(server, node):
    told = node(server.port, APPENDS)
    assert "already exists" in told["again"]
    assert told["numbers"] == list(range(APPENDS))
    assert told["read"] == [[1, "1"], [2, "2"], [3, "3"]]
    assert (told["newest"], told["exporter"]) == (APPENDS - 1, "e")
    assert (told["listed"], told["left"]) == (["S"], [])
