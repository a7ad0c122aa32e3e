// SPDX-License-Identifier: ISC
// What an honest witness of a soak writes down: who was promised what and when,
// which roles the mappings allowed at each moment, and what was being broken.
// It shares nothing with rolegate but the documented meaning of a mapping.

const SLACK_S = 2; // whole seconds, and the moment between look and answer
const KEPT = 20; // faults that are told in full

export class Recorder {
  #windows = []; // {what, from, to}

  constructor({ clock }) {
    this.clock = clock;
    this.mappings = new Map(); // id: {group, versions: [{value, from, to}]}
    this.fixed = []; // {group, role} that nobody edits
    this.signIns = new Map(); // public id of a session: login
    this.signOuts = new Set(); // public ids
    this.edits = new Set(); // labels
    this.tally = {};
    this.faults = [];
    this.faultCount = 0;
  }

  count(name, n = 1) {
    this.tally[name] = (this.tally[name] ?? 0) + n;
  }

  /* Something that must never happen. */
  fault(text) {
    this.faultCount += 1;
    if (this.faults.length < KEPT) {
      this.faults.push(`${new Date().toISOString()} ${text}`);
    }
  }

  // ---- what is being broken

  /* Returns the function that says it is over. */
  begin(what) {
    const window = { what, from: Date.now(), to: Infinity };
    this.#windows.push(window);
    this.count(what);
    return () => { window.to = Date.now(); };
  }

  /* Whether one of these went on between two moments. */
  during(kinds, start, end) {
    return this.#windows.some(({ what, from, to }) => kinds.includes(what)
      && from <= end && to >= start);
  }

  /* Anything at all. */
  disturbed(start, end) {
    return this.#windows.some(({ from, to }) => from <= end && to >= start);
  }

  names(start, end) {
    return this.#windows.filter(({ from, to }) => from <= end && to >= start)
      .map(({ what }) => what).join(' ');
  }

  // ---- mappings

  addMapping(id, group, value) {
    this.mappings.set(id, { group,
      versions: [{ value, from: Date.now(), to: Infinity }] });
  }

  value(id) {
    return this.mappings.get(id).versions.at(-1).value;
  }

  /*
   * An edit is about to be sent: from now on it may hold. `acked` says that it
   * does, from then on alone; `resolved` that it was found to, or not to.
   */
  edit(id, value) {
    const { versions } = this.mappings.get(id);
    const before = versions.at(-1);
    const candidate = { value, from: Date.now(), to: Infinity };
    versions.push(candidate);
    return {
      acked: () => {
        before.to = Date.now();
        this.edits.add(value.label);
        this.count('edits');
      },
      resolved: (holds) => {
        if (holds) {
          before.to = Date.now();
        } else {
          candidate.to = Date.now();
          versions.pop();
          versions.splice(-1, 0, candidate);
        }
        this.count('edits without an answer');
      },
    };
  }

  /* Forgets what no request under way can depend on. */
  forget(before) {
    for (const mapping of this.mappings.values()) {
      mapping.versions = mapping.versions.filter(({ to }) => to >= before);
    }
  }

  /* Of one role: whether it may be given, and whether it may be missing. */
  #outcomes(groups, role, start, end) {
    if (this.fixed.some((f) => groups.includes(f.group) && f.role === role)) {
      return { given: true, missing: false };
    }
    const { least, most } = this.clock.between(start, end);
    let [given, missing] = [false, true];
    for (const { group, versions } of this.mappings.values()) {
      if (!groups.includes(group)) continue;
      let lacks = false;
      for (const { value, from, to } of versions) {
        if (from > end || to < start) continue;
        const named = value.role === role && value.enabled;
        const ends = value.expires_at === 0 ? Infinity : value.expires_at;
        if (named && least - SLACK_S < ends) given = true;
        if (!named || most + SLACK_S >= ends) lacks = true;
      }
      missing &&= lacks;
    }
    return { given, missing };
  }

  /* What is wrong with an answer to somebody of these groups; or null. */
  wrong(groups, answered, all, start, end) {
    for (const role of all) {
      const { given, missing } = this.#outcomes(groups, role, start, end);
      const has = answered.includes(role);
      if (has && !given) return { kind: 'wrong grants', role };
      if (!has && !missing) return { kind: 'wrong denials', role };
    }
    const strange = answered.find((role) => !all.includes(role));
    return strange ? { kind: 'wrong grants', role: strange } : null;
  }

  /* The versions of everything, to be told with a fault. */
  history(groups) {
    return [...this.mappings].filter(([, m]) => groups.includes(m.group))
      .map(([id, m]) => `${id}: ${m.versions.slice(-4).map((v) => JSON.stringify(v))
        .join(' ')}`).join('; ');
  }
}
