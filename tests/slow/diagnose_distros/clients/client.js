// Connects to localhost on each port: node client.js CA.pem PORT...; prints `PORT ok` or `PORT` and the error.
const fs = require("fs");
const https = require("https");

const [file, ...ports] = process.argv.slice(2);
const ca = fs.readFileSync(file);

const ask = (port) =>
  new Promise((resolve) => {
    const options = { host: "localhost", port, family: 4, ca, agent: false, timeout: 5000 };
    const request = https.get(options, (response) => {
      response.destroy();
      resolve("ok");
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", (error) => resolve(`${error.code} ${error.message}`.replace(/\s+/g, " ")));
  });

(async () => {
  for (const port of ports) console.log(port, await ask(port));
})();
