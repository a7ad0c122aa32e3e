// SPDX-License-Identifier: ISC
// oidc-provider's storage: in memory, bounded, shared by every Provider object
// of this process, so that a rotation of keys interrupts no sign-in.

const ENTRIES_MAX = 20000;
const GRANTED = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);

/* Returns an adapter class (the interface that oidc-provider documents). */
export function createStore() {
  const entries = new Map();

  const live = (key) => {
    const entry = entries.get(key);
    if (!entry) return undefined;
    if (entry.expires > Date.now()) return entry;
    entries.delete(key);
    return undefined;
  };
  // A Map remembers the order of insertion: the oldest goes first.
  const put = (key, entry) => {
    entries.delete(key);
    entries.set(key, entry);
    if (entries.size > ENTRIES_MAX) entries.delete(entries.keys().next().value);
  };

  return class Store {
    constructor(model) {
      this.model = model;
    }

    async upsert(id, payload, seconds) {
      const key = `${this.model}:${id}`;
      const expires = Date.now() + seconds * 1000;
      put(key, { payload, expires });
      if (this.model === 'Session') {
        put(`uid:${payload.uid}`, { payload: id, expires });
      }
      if (GRANTED.has(this.model) && payload.grantId) {
        const grant = `granted:${payload.grantId}`;
        const keys = live(grant)?.payload ?? [];
        put(grant, { payload: [...keys, key].slice(-16), expires });
      }
    }

    async find(id) {
      return live(`${this.model}:${id}`)?.payload;
    }

    async findByUid(uid) {
      const id = live(`uid:${uid}`)?.payload;
      return id === undefined ? undefined : this.find(id);
    }

    async findByUserCode() {
      return undefined;
    }

    async consume(id) {
      const entry = live(`${this.model}:${id}`);
      if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000);
    }

    async destroy(id) {
      entries.delete(`${this.model}:${id}`);
    }

    async revokeByGrantId(grantId) {
      for (const key of live(`granted:${grantId}`)?.payload ?? []) {
        entries.delete(key);
      }
      entries.delete(`granted:${grantId}`);
    }
  };
}
