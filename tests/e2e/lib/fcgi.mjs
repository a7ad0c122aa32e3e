// SPDX-License-Identifier: ISC
// Speaks FastCGI as a web server does, with variables of the test's choice.
import { connect } from 'node:net';

/*
 * One FastCGI request to a port, or to {path}: {status, location, names, text}. role: 1 for a
 * responder, 2 for an authorizer.
 */
export function speakFcgi(to, role, params) {
  const record = (type, data) => Buffer.concat([Buffer.from([1, type, 0, 1,
    data.length >> 8, data.length & 255, 0, 0]), data]);
  const length = (n) => (n < 128 ? Buffer.from([n])
    : Buffer.from([0x80, 0, n >> 8, n & 255]));
  const pairs = Object.entries(params).map(([name, value]) => Buffer.concat([
    length(name.length), length(value.length), Buffer.from(name + value, 'latin1')]));
  return new Promise((resolve, reject) => {
    const socket = connect(typeof to === 'object' ? to : { host: '127.0.0.1', port: to });
    const chunks = [];
    socket.on('error', reject);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => {
      const input = Buffer.concat(chunks);
      let text = '';
      for (let at = 0; at < input.length;) {
        const n = input.readUInt16BE(at + 4);
        if (input[at + 1] === 6) text += input.toString('latin1', at + 8, at + 8 + n);
        at += 8 + n + input[at + 6];
      }
      const [head] = text.split('\r\n\r\n');
      const lines = head.split('\r\n');
      resolve({ text, status: Number(/^Status: (\d+) /.exec(text)?.[1]),
        location: /^Location: (.*)$/m.exec(head)?.[1]?.trim(),
        names: lines.map((line) => line.split(':')[0]) });
    });
    // An authorizer is not sent the end of stdin, and must not wait for it.
    socket.write(Buffer.concat([
      record(1, Buffer.from([0, role, 0, 0, 0, 0, 0, 0])),
      record(4, Buffer.concat(pairs)), record(4, Buffer.alloc(0))]));
    if (role === 1) socket.write(record(5, Buffer.alloc(0)));
  });
}
