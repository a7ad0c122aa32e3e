// SPDX-License-Identifier: ISC
// Faults on request: what a provider that is ill does to those who ask it.

const MODES = ['down', 'hang', 'slow', '500', 'garbage', 'close'];
const MS_MAX = 60000;

export class Faults {
  #faults = new Map();

  #hung = new Set();

  constructor(endpoints) {
    this.endpoints = endpoints;
  }

  set({ endpoint, mode, ms = 0 }) {
    if (endpoint !== 'all' && !this.endpoints.includes(endpoint)) {
      throw new Error(`unknown endpoint: ${endpoint}`);
    }
    if (!MODES.includes(String(mode))) throw new Error(`unknown mode: ${mode}`);
    if (!Number.isInteger(ms) || ms < 0 || ms > MS_MAX) {
      throw new Error(`ms: 0 to ${MS_MAX}`);
    }
    this.#faults.set(endpoint, { mode: String(mode), ms });
  }

  clear() {
    this.#faults.clear();
    for (const socket of this.#hung) socket.destroy();
    this.#hung.clear();
  }

  /* True when the port itself should be closed. */
  isDown() {
    return this.#faults.get('all')?.mode === 'down';
  }

  /* Returns true if the request was dealt with (or never will be). */
  async apply(endpoint, req, res) {
    const fault = this.#faults.get(endpoint) ?? this.#faults.get('all');
    if (!fault) return false;
    const { socket } = req;
    switch (fault.mode) {
      case 'slow':
        await new Promise((resolve) => { setTimeout(resolve, fault.ms); });
        return socket.destroyed;
      case 'hang':
        this.#hung.add(socket);
        socket.once('close', () => this.#hung.delete(socket));
        return true;
      case '500':
        res.writeHead(500, { 'content-type': 'text/plain' });
        res.end('internal error\n');
        return true;
      case 'garbage':
        res.writeHead(200, { 'content-type': 'application/json' });
        res.end(Buffer.from('7b22f0ff00c328227d7d5b', 'hex'));
        return true;
      case 'close':
        // Half an answer: the promised length never comes.
        res.writeHead(200, {
          'content-type': 'application/json', 'content-length': '4096',
        });
        res.write('{"issuer":');
        setTimeout(() => socket.destroy(), 20);
        return true;
      default: // down
        socket.resetAndDestroy();
        return true;
    }
  }
}
