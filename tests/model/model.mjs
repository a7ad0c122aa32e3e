// SPDX-License-Identifier: ISC
// What access/ must decide, said as naively as possible, and random models to
// compare with. src/access/decide.h has the rules in words.

/* mulberry32: small, and the same numbers for the same seed everywhere. */
export function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// ---- the reference -----------------------------------------------------------

const isGuid = (s) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(s);
const same = (a, b) => a === b
  || (isGuid(a) && a.toLowerCase() === b.toLowerCase());
const own = (o, k) => (o !== null && typeof o === 'object' && !Array.isArray(o)
  && Object.hasOwn(o, k) ? o[k] : undefined);

function claimAt(claims, path) {
  if (own(claims, path) !== undefined) return own(claims, path);
  return path.split('.').reduce((at, name) => own(at, name), claims);
}

const asList = (v) => (Array.isArray(v) ? v : [v]);
const isObject = (v) => v !== null && typeof v === 'object' && !Array.isArray(v);

function texts(claim) {
  if (claim === undefined) return [];
  if (isObject(claim)) {
    return Object.entries(claim).filter(([name]) => !name.includes(':'))
      .flatMap(([name, v]) => asList(v).filter((t) => typeof t === 'string')
        .map((t) => `${name}:${t}`));
  }
  return (Array.isArray(claim) ? claim : [claim])
    .filter((v) => ['string', 'boolean'].includes(typeof v)
      || Number.isInteger(v))
    .map(String).filter((v) => v !== '');
}

function elsewhere(claims, name) {
  const names = claims._claim_names;
  if (names === undefined) return false;
  if (names === null || typeof names !== 'object' || Array.isArray(names)) {
    return true;
  }
  return Object.hasOwn(names, name) || Object.hasOwn(names, name.split('.')[0]);
}

function groupsOf(s) {
  let g;
  if (s.groups !== null) {
    g = { ...s.groups };
  } else {
    const claim = claimAt(s.claims, s.groups_claim);
    const has = s.claims.hasgroups;
    g = { state: 'complete', source: 'none', reason: null, asked_through: 0 };
    if (elsewhere(s.claims, s.groups_claim) || elsewhere(s.claims, 'groups')
      || (has !== undefined && has !== false && has !== null)) {
      g.state = 'unknown';
      g.reason = 'overage';
    } else if (claim !== undefined) {
      const all = isObject(claim) ? Object.values(claim) : [claim];
      if (all.flatMap(asList).every((v) => typeof v === 'string')) {
        g.source = 'token';
        g.ids = claim;
      } else {
        g.state = 'unknown';
        g.reason = 'malformed';
      }
    }
  }
  if (g.state === 'stale' && g.valid_until !== 0 && s.now >= g.valid_until) {
    g.state = 'unknown';
    g.reason = 'too_old';
  }
  if (g.state === 'unknown') {
    g.ids = undefined;
    g.source = 'none';
  }
  return g;
}

export function reference({ roles, mappings, subject: s }) {
  const g = groupsOf(s);
  const namesInGroups = s.group_names_claim === s.groups_claim;
  const fromToken = g.source === 'token';
  const oneClaim = s.roles_claim === s.groups_claim;

  const values = (m) => {
    switch (m.kind) {
      case 'group': return namesInGroups && fromToken ? [] : texts(g.ids);
      case 'group_name':
        if (s.group_names_claim === null) return [];
        if (namesInGroups) return fromToken ? texts(g.ids) : [];
        return texts(claimAt(s.claims, s.group_names_claim));
      case 'app_role':
        if (oneClaim || elsewhere(s.claims, s.roles_claim)) return [];
        return texts(claimAt(s.claims, s.roles_claim));
      case 'directory_role': return texts(own(s.claims, 'wids'));
      case 'claim': return texts(claimAt(s.claims, m.claim));
      default: return s.app === null ? [] : [s.app];
    }
  };
  const has = (m) => values(m).some((v) => same(v, m.value));
  const isUnknown = (m) => {
    switch (m.kind) {
      case 'group': return g.state === 'unknown'
        || (g.asked_through !== 0 && m.id > g.asked_through && !has(m));
      case 'group_name':
        if (s.group_names_claim === null) return false;
        if (!namesInGroups) return elsewhere(s.claims, s.group_names_claim);
        return g.state === 'unknown' || ['graph', 'cache'].includes(g.source);
      case 'app_role': return !oneClaim && elsewhere(s.claims, s.roles_claim);
      case 'claim': return elsewhere(s.claims, m.claim);
      case 'directory_role': return elsewhere(s.claims, 'wids');
      default: return false;
    }
  };
  const isOver = (x) => x.expires_at !== 0 && x.expires_at <= s.now;
  // Where several tenants sign in, only the id of a group needs no tenant: all
  // else each of them gives as it likes. To be denied by any of them is safe.
  const isOurTenant = (m) => (m.tenant === null
    ? !s.many_tenants || m.kind === 'group' || m.role === null
    : m.tenant.toLowerCase() === s.tenant.toLowerCase());
  const ours = mappings.filter((m) => m.provider === s.provider);
  const open = ours.filter((m) => m.enabled && !isOver(m) && isOurTenant(m));
  const byName = (name) => roles.find((r) => r.name === name);
  const gives = open.filter((m) => m.role !== null && has(m));
  const denied = open.some((m) => m.role === null && has(m));
  const mayBeDenied = open.some((m) => m.role === null && isUnknown(m));
  const held = gives.map((m) => m.role);
  for (const grant of s.grants) {
    if (byName(grant.role) && !isOver(grant)) held.push(grant.role);
  }
  const rolesElsewhere = !oneClaim && elsewhere(s.claims, s.roles_claim);
  const standard = byName(s.default_role);
  const wantsDefault = held.length === 0 && s.default_role !== null;
  const isUnsure = g.state === 'unknown' || rolesElsewhere;
  if (wantsDefault && standard && !standard.is_admin && !isUnsure) {
    held.push(standard.name);
  }

  const refused = denied || mayBeDenied;

  // Why, and what nearly counted.
  const given = refused ? 'overruled' : 'gives';
  const whyMapping = (m) => {
    if (has(m)) {
      if (!isOurTenant(m)) return 'other_tenant';
      if (!m.enabled) return 'disabled';
      if (isOver(m)) return 'expired';
      return m.role === null ? 'denies' : given;
    }
    if (isUnknown(m)) return 'unknown';
    const among = (list) => list.some((v) => same(v, m.value));
    const namesNotBelieved = m.kind === 'group_name'
      && s.group_names_claim === null;
    const idsNotBelieved = m.kind === 'group' && namesInGroups && fromToken;
    if ((namesNotBelieved || idsNotBelieved) && among(texts(g.ids))) {
      return 'not_believed';
    }
    if (values(m).some((v) => v.toLowerCase() === m.value.toLowerCase())) {
      return 'other_case';
    }
    return ['group', 'group_name', 'app_role', 'directory_role']
      .some((kind) => kind !== m.kind && among(values({ ...m, kind })))
      ? 'other_kind' : null;
  };
  const whyGrant = (grant) => {
    if (!byName(grant.role)) return 'no_role';
    return isOver(grant) ? 'expired' : given;
  };
  const whyDefault = () => {
    if (!standard || standard.is_admin) return 'no_role';
    return isUnsure ? 'unknown' : given;
  };
  const reasons = Object.fromEntries([
    ...ours.map((m) => [`${m.id}`, whyMapping(m)]),
    ...s.grants.map((grant) => [`grant:${grant.id}`, whyGrant(grant)]),
    ...(wantsDefault ? [['default', whyDefault()]] : []),
  ].filter(([, outcome]) => outcome !== null));

  const names = refused ? [] : [...new Set(held)].sort();
  const list = names.map(byName);
  let { state, reason } = g;
  if (state !== 'unknown') {
    const newer = open.some((m) => m.kind === 'group' && isUnknown(m));
    if (rolesElsewhere || newer) {
      state = 'unknown';
      reason = rolesElsewhere ? 'roles_overage' : 'mapping_newer';
    }
  }
  return {
    roles: names,
    permissions: [...new Set(list.flatMap((r) => r.permissions))].sort(),
    is_admin: list.some((r) => r.is_admin),
    denied,
    state,
    reason: reason ?? null,
    groups: refused ? [] : [...new Set(gives.filter((m) => m.kind === 'group')
      .map((m) => (isGuid(m.value) ? m.value.toLowerCase() : m.value)))].sort(),
    reasons,
  };
}

// ---- models ------------------------------------------------------------------

const GUIDS = ['aaaaaaaa-0000-4000-8000-00000000000a',
  'bbbbbbbb-0000-4000-8000-00000000000b',
  'cccccccc-0000-4000-8000-00000000000c'];
const TENANTS = ['11111111-0000-4000-8000-0000000000aa',
  '22222222-0000-4000-8000-0000000000bb'];
const NAMES = ['admins', 'Admins', 'readers', '7', 'true', 'm:admins'];
const PATHS = ['department', 'realm_access.roles', 'wids', 'x.y.z', 'a.b'];
const KINDS = ['group', 'group', 'group_name', 'app_role', 'directory_role',
  'claim', 'app'];
const NOW = 1000;

export function makeModel(rnd) {
  const pick = (list) => list[Math.floor(rnd() * list.length)];
  const maybe = (p) => rnd() < p;
  const some = (max, make) => Array.from(
    { length: Math.floor(rnd() * (max + 1)) }, (_, i) => make(i));
  const value = () => {
    const v = maybe(0.6) ? pick(GUIDS) : pick(NAMES);
    return maybe(0.15) ? v.toUpperCase() : v;
  };
  const expiry = () => pick([0, 0, 0, NOW - 1, NOW, NOW + 1]);
  const claim = () => {
    if (maybe(0.08)) return pick([null, 7, true, { a: 1 }, [['x']], 1.5, '']);
    if (maybe(0.1)) {
      return { [pick(['m', 'm:n'])]: maybe(0.3) ? value() : some(3, () => (
        maybe(0.05) ? 7 : value())) };
    }
    return maybe(0.15) ? value() : some(3, () => (maybe(0.05)
      ? pick([7, true, null]) : value()));
  };
  const roles = [{ name: 'admin', permissions: ['*'], is_admin: true },
    ...some(3, (i) => ({
      name: `r${i}`, permissions: some(3, () => pick(['a', 'b', 'c'])),
      is_admin: maybe(0.1),
    }))];
  const mappings = some(8, (i) => {
    const kind = pick(KINDS);
    return {
      id: i + 1, provider: maybe(0.9) ? 'p' : 'q',
      tenant: maybe(0.7) ? null : pick(TENANTS), kind,
      claim: kind === 'claim' ? pick(PATHS) : null, value: value(),
      role: maybe(0.2) ? null : pick(roles).name,
      enabled: maybe(0.8), expires_at: expiry(),
    };
  });
  const claims = {};
  for (const name of ['groups', 'roles', 'wids', 'names', 'department', 'a.b']) {
    if (maybe(0.6)) claims[name] = claim();
  }
  if (maybe(0.3)) claims.realm_access = { roles: claim() };
  if (maybe(0.2)) claims.a = pick([{ b: claim() }, 'b', [claim()]]);
  if (maybe(0.12)) claims.hasgroups = pick([true, false, 'true', null, 0]);
  if (maybe(0.15)) {
    claims._claim_names = pick([{ groups: 's' }, { roles: 's' }, { wids: 's' },
      { names: 's' }, { realm_access: 's' }, { other: 's' }, 'groups', null]);
  }
  const groups = maybe(0.35) ? {
    state: pick(['complete', 'stale', 'unknown']),
    source: pick(['graph', 'cache', 'token']), reason: 'why', as_of: 5,
    valid_until: pick([0, NOW - 1, NOW, NOW + 1]),
    asked_through: pick([0, 0, 2, 4, 8]),
    ids: some(3, value),
  } : null;
  return {
    roles, mappings,
    subject: {
      provider: 'p', tenant: pick([...TENANTS, '']),
      many_tenants: maybe(0.3), app: maybe(0.15) ? value() : null,
      groups_claim: maybe(0.9) ? 'groups' : 'roles', roles_claim: 'roles',
      group_names_claim: maybe(0.5) ? null : pick(['groups', 'names']),
      default_role: maybe(0.6) ? null : pick([...roles, { name: 'gone' }]).name,
      claims, groups,
      grants: some(2, (i) => ({ id: i + 1,
        role: pick([...roles, { name: 'gone' }]).name, expires_at: expiry() })),
      now: NOW,
    },
  };
}
