// SPDX-License-Identifier: ISC
// Small HTTP helpers: a loopback listener that can be closed at once, bounded
// request bodies, JSON answers, and the control API's dispatcher.
import { createServer } from 'node:http';

const BODY_MAX = 64 * 1024;
const SOCKETS_MAX = 1024;

/*
 * Listens on 127.0.0.1. `pause` really closes the port, so that a connection is
 * refused, and `resume` opens the same one again.
 */
export async function listen(handler, { port = 0, onConnection } = {}) {
  const server = createServer(handler);
  const sockets = new Set();
  server.maxConnections = SOCKETS_MAX;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    onConnection?.();
  });
  const open = (number) => new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(number, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(server.address().port);
    });
  });
  const close = () => new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
  const bound = await open(port);
  return {
    port: bound,
    close,
    pause: () => (server.listening ? close() : undefined),
    resume: () => (server.listening ? undefined : open(bound)),
  };
}

/* The body as text; throws when it is longer than the limit. */
export async function readBody(req) {
  const chunks = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size > BODY_MAX) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function sendJson(res, status, value, headers = {}) {
  const body = JSON.stringify(value);
  res.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  });
  res.end(body);
}

/*
 * A control API: routes is {"METHOD /path": async (body, url, rest) => value},
 * where a path that ends in "/" takes what follows as `rest`. A thrown error
 * is the caller's mistake: 400 with its text.
 */
export function controlHandler(routes) {
  return async (req, res) => {
    const url = new URL(req.url, 'http://control');
    // A page in a browser has no business here; tests send no Origin.
    if (req.headers.origin !== undefined) {
      return sendJson(res, 403, { error: 'not for browsers' });
    }
    const cut = url.pathname.lastIndexOf('/') + 1;
    const exact = routes[`${req.method} ${url.pathname}`];
    const prefix = routes[`${req.method} ${url.pathname.slice(0, cut)}`];
    const route = exact ?? prefix;
    if (!route) return sendJson(res, 404, { error: 'no such control' });
    try {
      const text = await readBody(req);
      const body = text === '' ? {} : JSON.parse(text);
      const rest = decodeURIComponent(url.pathname.slice(cut));
      return sendJson(res, 200, (await route(body, url, rest)) ?? { ok: true });
    } catch (err) {
      return sendJson(res, 400, { error: err.message });
    }
  };
}
