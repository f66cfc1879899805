// Asks Node.js about every chain of a folder: node drive.js FOLDER; output as drive.py.
'use strict';
const fs = require('fs');
const path = require('path');
const tls = require('tls');
const net = require('net');

const folder = process.argv[2];
const read = (id, kind) => fs.readFileSync(path.join(folder, `${id}.${kind}.pem`));

function ask({ id, host }) {
  return new Promise((resolve) => {
    const server = tls.createServer(
      { key: read(id, 'key'), cert: read(id, 'sent'), ciphers: 'DEFAULT@SECLEVEL=0' }, (socket) => socket.end());
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1', () => {
      const done = (verdict) => { client.destroy(); server.close(() => resolve(verdict)); };
      const options = { port: server.address().port, host: '127.0.0.1', ca: read(id, 'anchors') };
      // Node takes the name to check from servername, or from host where that is an address.
      if (net.isIP(host)) options.host = host; else options.servername = host;
      const client = tls.connect(options, () => done(true));
      client.on('error', () => done(false));
    });
  });
}

(async () => {
  for (const question of JSON.parse(fs.readFileSync(path.join(folder, 'chains.json')))) {
    let verdict = null;
    try { verdict = await ask(question); } catch (error) { verdict = null; }
    console.log(JSON.stringify({ id: question.id, node: verdict }));
  }
})();
