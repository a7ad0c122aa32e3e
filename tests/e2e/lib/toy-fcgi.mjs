// SPDX-License-Identifier: ISC
// A FastCGI program that answers wrongly, in rolegate's place: every request
// with the bytes of the file ANSWER, read anew each time. An answer of "die"
// cuts the connection; while it is "hold" the request is noted in ANSWER.asked
// and waits. Use: node toy-fcgi.mjs ANSWER ADDRESS..., where each
// address is fd:0, unix:PATH or tcp:PORT.
import { appendFileSync, chmodSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';

const END = 3, PARAMS = 4, STDOUT = 6, RECORD = 8;

function record(type, id, data) {
  const head = Buffer.alloc(RECORD);
  head.writeUInt8(1, 0);
  head.writeUInt8(type, 1);
  head.writeUInt16BE(id, 2);
  head.writeUInt16BE(data.length, 4);
  return Buffer.concat([head, data]);
}

function reply(socket, file, id) {
  const answer = readFileSync(file);
  if (answer.toString() === 'hold') {
    setTimeout(reply, 20, socket, file, id);
    return;
  }
  if (answer.toString() === 'die') {
    socket.destroy();
    return;
  }
  const out = answer.length > 0 ? [record(STDOUT, id, answer)] : [];
  socket.end(Buffer.concat([...out, record(STDOUT, id, Buffer.alloc(0)),
    record(END, id, Buffer.alloc(8))]));
}

function serve(socket, file) {
  let input = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    input = Buffer.concat([input, chunk]);
    while (input.length >= RECORD) {
      const length = input.readUInt16BE(4);
      const whole = RECORD + length + input.readUInt8(6);
      if (input.length < whole) return;
      const type = input.readUInt8(1);
      const id = input.readUInt16BE(2);
      input = input.subarray(whole);
      // The end of the variables; an authorizer is sent no more than that.
      if (type !== PARAMS || length > 0) continue;
      if (readFileSync(file, 'utf8') === 'hold') appendFileSync(`${file}.asked`, '.');
      reply(socket, file, id);
    }
  });
}

const [file, ...addresses] = process.argv.slice(2);
for (const address of addresses) {
  const [kind, where] = address.split(/:(.*)/);
  const server = createServer((socket) => serve(socket, file));
  if (kind === 'fd') server.listen({ fd: Number(where) });
  else if (kind === 'tcp') server.listen(Number(where), '127.0.0.1');
  else {
    rmSync(where, { force: true });
    server.listen(where, () => chmodSync(where, 0o666));
  }
}
process.on('SIGTERM', () => process.exit(0));
