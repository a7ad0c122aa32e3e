// SPDX-License-Identifier: ISC
// The people of a soak: they sign in, ask who they are, sign out, edit mappings,
// export and archive, on and on, and tell the recorder what they were told.
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Api } from './api.mjs';
import { Jar, send } from './http.mjs';
import { CLIENT_ID } from './idp.mjs';
import { between, pick } from './random.mjs';
import { deliver } from './signin.mjs';
import { sleep } from './wait.mjs';

export const LIFETIME_S = 20 * 24 * 3600;
export const ROLES = ['base', 'user', 'analyst', 'reviewer', 'clerk', 'admin'];

/* What may leave a request without an answer, or a sign-in unfinished. */
export const KILLS = ['worker killed', 'parent killed', 'restart'];
const FOUND_MS = 20_000; // to learn what became of something

/* A web server without its backend says so in words of its own. */
const isOurs = (res) => res.status < 500
  || res.headers['x-content-type-options'] === 'nosniff';

/* What a page says, in a line. */
const words = (page) => page.replace(/<style[\s\S]*?<\/style>|<[^>]*>/g, ' ')
  .replace(/\s+/g, ' ').trim().slice(0, 300);

export class Load {
  constructor({ site, recorder, random, groups }) {
    Object.assign(this, { site, recorder, random, groups, stopped: false });
    this.edited = 0;
    this.exported = { seq: 0, hash: '0'.repeat(64) };
    this.segments = site.work.path('segments');
    if (!existsSync(this.segments)) mkdirSync(this.segments);
  }

  /* Asks, and notes when nobody answers. {res, start, end}; res may be null. */
  async ask(what, fn) {
    const { recorder } = this;
    const start = Date.now();
    let res = null;
    let why = '';
    try {
      res = await fn();
      if (!isOurs(res)) {
        why = `${res.status}`;
        res = null;
      }
    } catch (err) {
      why = err.message;
    }
    const end = Date.now();
    recorder.count('requests');
    if (!res) {
      recorder.count('requests unanswered');
      if (!recorder.during(KILLS, start, end)) {
        recorder.fault(`no answer to ${what} (${why}) after ${end - start} ms; ${
          recorder.names(start, end)}`);
      }
    }
    return { res, start, end };
  }

  /* Judges an answer of /whoami; true if it was one about roles. */
  judge(who, { res, start, end }, { alive = true, ended = false } = {}) {
    const { recorder } = this;
    if (!res) return false;
    const tell = (kind, more) => {
      recorder.count(kind);
      recorder.fault(`${kind}: ${who.login} ${more} (${res.status} ${
        res.body.slice(0, 300)}) ${start}..${end}; ${
        recorder.history(this.groups[who.login])}; ${recorder.names(start, end)}`);
    };
    if (res.status === 200 && ended) tell('wrong grants', 'after the end');
    if (res.status === 503 || res.status === 401) {
      if (res.status === 503 && !recorder.disturbed(start, end)) {
        tell('wrong denials', 'when nothing was broken');
      }
      if (res.status === 401 && alive && !ended) tell('wrong denials', 'is alive');
      return false;
    }
    if (res.status !== 200 && res.status !== 403) {
      tell('strange answers', '');
      return false;
    }
    const roles = res.status === 200 ? res.json().roles : [];
    const wrong = recorder.wrong(this.groups[who.login], roles, ROLES, start, end);
    if (wrong) tell(wrong.kind, wrong.role);
    recorder.count('role answers');
    return true;
  }

  /* Whether a session must, or can't any more, be good by the clock. */
  #age(who, start, end) {
    const { least, most } = this.recorder.clock.between(start, end);
    const ends = who.signedIn.least + LIFETIME_S;
    if (most >= ends) who.overdue = true;
    return { alive: !who.overdue,
      ended: least > who.signedIn.most + LIFETIME_S + 2 };
  }

  async whoami(who, query = '') {
    const asked = await this.ask('/whoami', () => this.site.whoami(who.client,
      query, { timeout: 15_000 }));
    const age = this.#age(who, asked.start, asked.end);
    const told = this.judge(who, asked, { alive: age.alive, ended: age.ended });
    if (asked.res?.status === 401) who.over = true;
    return told && asked.res.status === 200 ? asked.res.json() : null;
  }

  /* Somebody who has just signed in, or null. */
  async signIn(login) {
    const { site, recorder } = this;
    // The provider dates its cookies: the browser has the same clock.
    const client = site.client({
      jar: new Jar(() => recorder.clock.now() * 1000) });
    const start = Date.now();
    let res = null;
    let why = '';
    try {
      const back = await site.begin(login, { client });
      res = back.url ? await deliver(client, back) : back.res;
      why = `${res.status} of ${res.url}: ${words(res.body)}`;
    } catch (err) {
      why = err.message;
    }
    const end = Date.now();
    recorder.count('sign-ins tried');
    if (res?.status === 303 && client.jar.get('rolegate')) {
      recorder.count('sign-ins');
      const who = { login, client, signedIn: recorder.clock.between(start, end) };
      return await this.#identify(who, end) ? who : null;
    }
    // A clock that jumps between two steps, for the provider too, is a reason.
    if (!recorder.disturbed(start, end)) {
      recorder.fault(`${login} could not sign in: ${why} ${start}..${end}`);
    }
    return null;
  }

  /* Learns the public id of a session, by which the audit knows it. */
  async #identify(who, since) {
    while (Date.now() < since + FOUND_MS) {
      const me = await this.whoami(who);
      if (me) {
        who.id = me.session.id;
        if (this.recorder.signIns.has(who.id)) {
          this.recorder.fault(`session ${who.id} was given twice`);
        }
        this.recorder.signIns.set(who.id, who.login);
        return true;
      }
      if (who.over) break;
      await sleep(50);
    }
    if (who.overdue) this.recorder.count('sessions over before they were known');
    else this.recorder.fault(`${who.login} signed in and is not known`);
    return false;
  }

  async #signOut(who) {
    const { site, recorder } = this;
    const jar = who.client.jar.copy();
    const asked = await this.ask('/logout', () => who.client.get(
      site.url('/logout'), { headers: { 'sec-fetch-site': 'same-origin' } }));
    if (asked.res?.status !== 303) return;
    recorder.count('sign-outs');
    this.#age(who, asked.start, asked.end); // one that is over is not ended
    if (!who.overdue) recorder.signOuts.add(who.id);
    const later = await this.ask('/whoami', () => site.whoami(
      site.client({ jar })));
    this.judge(who, later, { alive: false, ended: true });
  }

  async #revoke(who) {
    const { site, recorder } = this;
    const { status } = await site.ctlRaw(['session', 'revoke', who.id]);
    if (status !== 0) return;
    recorder.count('revocations');
    const later = await this.ask('/whoami', () => site.whoami(who.client));
    this.judge(who, later, { alive: false, ended: true });
  }

  async #rest(low, high) {
    await sleep(between(this.random, low, high));
  }

  async #loop(step) {
    while (!this.stopped) await step();
  }

  person(logins) {
    return this.#loop(async () => {
      const who = await this.signIn(pick(this.random, logins));
      if (!who) {
        await this.#rest(50, 100);
        return;
      }
      for (let n = between(this.random, 3, 40); n > 0 && !who.over
        && !this.stopped; n -= 1) {
        await this.whoami(who);
        await this.#rest(5, 40);
      }
      if (who.over) return;
      const how = this.random();
      if (how < 0.5) await this.#signOut(who);
      else if (how < 0.6) await this.#revoke(who);
    });
  }

  /* Somebody who brings a token of the provider. */
  program(login, audience = CLIENT_ID) {
    return this.#loop(async () => {
      const made = Date.now();
      const { token, claims } = await this.site.idp.control('POST',
        '/access-token', { login, audience, groups: true });
      const { recorder } = this;
      for (let n = between(this.random, 5, 30); n > 0 && !this.stopped; n -= 1) {
        const asked = await this.ask('/whoami', () => send(
          this.site.url('/whoami'), { headers: { authorization: `Bearer ${token}`,
            accept: 'application/json' } }));
        const { least, most } = recorder.clock.between(asked.start, asked.end);
        // Sixty seconds of skew; a new key is fetched once a minute.
        const good = least > claims.nbf && most < claims.exp;
        const known = !recorder.during(['keys changed', 'clock set'],
          made - 65_000, asked.end) && !recorder.disturbed(made - 5000, asked.end);
        this.judge({ login }, asked, { alive: good && known,
          ended: least > claims.exp + 62 || most < claims.nbf - 62 });
        if (asked.res?.status === 401) break;
        await this.#rest(20, 80);
      }
      await this.#rest(50, 100);
    });
  }

  #newValue(roles) {
    this.edited += 1;
    const { random } = this;
    return { role: pick(random, roles), enabled: random() < 0.7,
      expires_at: random() < 0.4 ? 0
        : this.recorder.clock.now() + between(random, 2, pick(random, [4, 7200])),
      label: `edit-${this.edited}` };
  }

  /* What an edit without an answer came to, from whoever still answers. */
  async #resolve(id, edit, label) {
    const end = Date.now() + FOUND_MS;
    while (Date.now() < end) {
      const { status, stdout } = await this.site.ctlRaw(['--json', 'map', 'list']);
      const row = status === 0 && JSON.parse(stdout).find((m) => m.id === id);
      if (row) {
        edit.resolved(row.label === label);
        return;
      }
      await sleep(100);
    }
    this.recorder.fault(`mapping ${id} can't be read`);
    this.stopped = true;
  }

  async #byCommand(id, value) {
    const { status, stderr } = await this.site.ctlRaw(['map', 'set', String(id),
      '--role', value.role, '--label', value.label,
      value.enabled ? '--enable' : '--disable', '--expires',
      value.expires_at === 0 ? 'never'
        : new Date(value.expires_at * 1000).toISOString().replace(/\.\d+/, '')]);
    return { acked: status === 0, why: stderr };
  }

  async #byApi(api, id, value) {
    const got = await this.ask('GET /mappings', () => api.raw('GET', id));
    if (got.res?.status !== 200) return { unsent: true, status: got.res?.status };
    const { res } = await this.ask('PATCH /mappings', () => api.raw('PATCH', id,
      value, got.res.headers.etag));
    return { acked: res?.status === 200, why: res && `${res.status} ${res.body}`,
      status: res?.status };
  }

  /*
   * Changes these mappings one after the other, and nobody else does. Two
   * mappings of one group never lead to the same role: that would be refused.
   */
  async editor(ids, roles, login) {
    let api = null;
    await this.#loop(async () => {
      if (login && !api) {
        const who = await this.signIn(login);
        if (who) api = rawApi(this.site, who);
        else await this.#rest(50, 100);
        return;
      }
      const id = pick(this.random, ids);
      const value = this.#newValue(roles);
      const start = Date.now();
      const edit = this.recorder.edit(id, value);
      const sent = api ? await this.#byApi(api, id, value)
        : await this.#byCommand(id, value);
      if (sent.acked) {
        edit.acked();
      } else {
        if (sent.why && !this.recorder.disturbed(start, Date.now())) {
          this.recorder.fault(`edit of ${id}: ${sent.why}`);
        }
        await this.#resolve(id, edit, value.label);
      }
      if (sent.status === 401) api = null; // by age: the judge of /whoami says
      // Now and then long enough for an expiry to come.
      await this.#rest(30, this.random() < 0.2 ? 4000 : 200);
    });
  }

  #lastArchived() {
    const name = readdirSync(this.segments).filter((n) => n.endsWith('.jsonl'))
      .sort().at(-1);
    const text = readFileSync(join(this.segments, name), 'utf8');
    const { seq, hash } = JSON.parse(text.trimEnd().split('\n').at(-1));
    return { seq, hash };
  }

  /* Follows the audit as a shipper would, and archives behind itself. */
  auditor() {
    return this.#loop(async () => {
      const start = Date.now();
      const { seq, hash } = this.exported;
      const shipped = await this.site.ctlRaw(['audit', 'export', '--after',
        String(seq)]);
      // Rows that came between the last export and the archive behind it.
      if (/were archived: read them from the segments/.test(shipped.stderr)) {
        this.exported = this.#lastArchived();
        return;
      }
      const rows = shipped.stdout.split('\n').filter(Boolean)
        .map((line) => JSON.parse(line));
      let [last, head] = [seq, hash];
      for (const row of rows) {
        if (row.seq !== last + 1 || row.prev_hash !== head) {
          this.recorder.fault(`export: row ${row.seq} after ${last}`);
        }
        [last, head] = [row.seq, row.hash];
      }
      this.exported = { seq: last, hash: head };
      this.recorder.count('rows exported', rows.length);
      const archived = await this.site.ctlRaw(['audit', 'archive', '--before',
        '0s', '--to', this.segments]);
      this.recorder.count('archive runs');
      for (const { status, stderr } of [shipped, archived]) {
        if (status !== 0 && !this.recorder.disturbed(start, Date.now())) {
          this.recorder.fault(`audit: ${stderr}`);
        }
      }
      await this.#rest(500, 1500);
    });
  }
}

/* The API as Api has it, but answers as they come. */
function rawApi(site, who) {
  const api = new Api(site, who.client);
  return { raw: (method, id, body, match) => who.client.json(
    site.url(`/api/mappings/${id}`), { method,
      body: body && JSON.stringify(body),
      headers: { origin: api.origin, 'x-rolegate-csrf': '1',
        ...(body ? { 'content-type': 'application/json', 'if-match': match }
          : {}) } }) };
}
