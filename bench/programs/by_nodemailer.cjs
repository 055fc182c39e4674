// nodemailer's pool, fed as its documentation says: whenever it is idle.
//
// `by_nodemailer.cjs FOLDER PORT CONNECTIONS` sends letter.json to everybody in officials.csv of
// this folder and says, as JSON, how many seconds the sending took. FOLDER holds nodemailer.

const fs = require("node:fs");
const readline = require("node:readline");
const [folder, port, connections] = process.argv.slice(2);
const nodemailer = require(folder);

async function main() {
  const letter = JSON.parse(fs.readFileSync("letter.json", "utf8"));
  const [name, address] = letter.from;
  const lines = readline.createInterface({ input: fs.createReadStream("officials.csv") });
  const began = process.hrtime.bigint();
  const transport = nodemailer.createTransport({
    pool: true,
    host: "127.0.0.1",
    port: Number(port),
    secure: false,
    ignoreTLS: true,
    maxConnections: Number(connections),
    maxMessages: Infinity, // its default is a new connection after 100
  });
  let idle = () => {};
  transport.on("idle", () => idle());

  const sent = [];
  let header = true;
  for await (const line of lines) {
    if (header) {
      header = false;
      continue;
    }
    const [, , salutation, email] = line.split(","); // no field of this file is quoted
    while (!transport.isIdle()) {
      await new Promise((resolve) => {
        idle = resolve;
      });
    }
    const mail = { from: { name, address }, to: email, subject: letter.subject };
    sent.push(transport.sendMail({ ...mail, text: `${salutation},\n\n${letter.text}` }));
  }
  await Promise.all(sent);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  transport.close();
  console.log(JSON.stringify({ seconds }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
