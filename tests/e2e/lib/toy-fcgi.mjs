// SPDX-License-Identifier: ISC
// A FastCGI program that answers wrongly, in rolegate's place: every request
// with the bytes of the file ANSWER, read anew each time. An answer of "die"
// cuts the connection; while it is "hold" the request is noted in ANSWER.asked
// and waits; "echo" shows the variables. Use: node toy-fcgi.mjs ANSWER ADDRESS..., where each
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

/* The name-value pairs of FastCGI, section 3.4, as lines. */
function* lines(data) {
  let at = 0;
  const length = () => {
    const long = data[at] > 127;
    const n = long ? data.readUInt32BE(at) & 0x7fffffff : data[at];
    at += long ? 4 : 1;
    return n;
  };
  const text = (n) => data.toString('latin1', at, at += n);
  while (at < data.length) {
    const [name, value] = [length(), length()];
    yield `${text(name)}=${text(value)}`;
  }
}

function reply(socket, file, id, params) {
  let answer = readFileSync(file);
  if (answer.toString() === 'echo') {
    answer = Buffer.from(['Content-Type: text/plain\r\n\r\nTHIS IS PROTECTED',
      ...lines(params), ''].join('\n'));
  }
  if (answer.toString() === 'hold') {
    setTimeout(reply, 20, socket, file, id, params);
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
  let params = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    input = Buffer.concat([input, chunk]);
    while (input.length >= RECORD) {
      const length = input.readUInt16BE(4);
      const whole = RECORD + length + input.readUInt8(6);
      if (input.length < whole) return;
      const type = input.readUInt8(1);
      const id = input.readUInt16BE(2);
      if (type === PARAMS) {
        params = Buffer.concat([params, input.subarray(RECORD, RECORD + length)]);
      }
      input = input.subarray(whole);
      // The end of the variables; an authorizer is sent no more than that.
      if (type !== PARAMS || length > 0) continue;
      if (readFileSync(file, 'utf8') === 'hold') appendFileSync(`${file}.asked`, '.');
      reply(socket, file, id, params);
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
