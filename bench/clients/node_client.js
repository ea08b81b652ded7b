// The vendor's client for Node, one append after the other: `node node_client.js PORT SECONDS BYTES` prints JSON.
// It is run in the folder where the client is installed.
const sdk = require(require.resolve('aws-greengrass-core-sdk/stream-manager', { paths: [process.cwd()] }));

const [port, seconds, bytes] = process.argv.slice(2).map(Number);
const quiet = { error: console.error, debug() {}, info() {}, warn() {} };
const client = new sdk.StreamManagerClient({ port, logger: quiet, onErrorCb: (error) => { throw error; } });
const payload = Buffer.alloc(bytes, 'r');

async function run() {
    for (let number = 0; number < 50; number++) {
        await client.appendMessage('S', payload);
    }
    const start = performance.now();
    let answered = 0;
    while (performance.now() - start < seconds * 1000) {
        await client.appendMessage('S', payload);
        answered++;
    }
    console.log(JSON.stringify({ answered, seconds: (performance.now() - start) / 1000 }));
}

client.onConnected(() => run().then(
    () => { client.close(); process.exit(0); },
    (error) => { console.error(error); process.exit(1); }));
