-- A database of schema 11, as generate.py made it.
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE audit (
	seq INTEGER PRIMARY KEY CHECK (seq >= 1),
	time INTEGER NOT NULL CHECK (time BETWEEN 0 AND 253402300799),
	event TEXT NOT NULL CHECK (length(event) BETWEEN 1 AND 128),
	actor TEXT NOT NULL CHECK (length(actor) <= 4096),
	subject TEXT NOT NULL CHECK (length(subject) <= 4096),
	client TEXT NOT NULL CHECK (length(client) <= 256),
	request_id TEXT NOT NULL CHECK (length(request_id) <= 256),
	detail TEXT NOT NULL CHECK (length(detail) BETWEEN 2 AND 1048576),
	prev_hash TEXT NOT NULL CHECK (length(prev_hash) = 64),
	hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;
INSERT INTO "audit" VALUES(1,1700000000,'mapping.add','cli:a','mapping:1','192.0.2.1','r1','{}','0000000000000000000000000000000000000000000000000000000000000000','30a7cfdaf4fe8006cd85b1a96edba2aa19ab32bc35c708fd0e459b5f2834bf61');
INSERT INTO "audit" VALUES(2,1700000000,'mapping.add','cli:a','mapping:2','192.0.2.1','r1','{}','30a7cfdaf4fe8006cd85b1a96edba2aa19ab32bc35c708fd0e459b5f2834bf61','e052d53945b2344e7800d31b3006d35572aaa23214c917cf9d0952b8443fe297');
INSERT INTO "audit" VALUES(3,1700000000,'mapping.add','cli:a','mapping:3','192.0.2.1','r1','{}','e052d53945b2344e7800d31b3006d35572aaa23214c917cf9d0952b8443fe297','4d5b2fe92f25dc7650d054f7beace27a3d3f5607c8ce209ca79d2bcb7e2f2ae8');
INSERT INTO "audit" VALUES(4,1700000000,'mapping.add','cli:a','mapping:4','192.0.2.1','r1','{}','4d5b2fe92f25dc7650d054f7beace27a3d3f5607c8ce209ca79d2bcb7e2f2ae8','6ed3bacf4d66b7bcaecf98f4b0f49f26f86853318d839fe89dc4de980c54db1f');
INSERT INTO "audit" VALUES(5,1700000000,'mapping.add','cli:a','mapping:5','192.0.2.1','r1','{}','6ed3bacf4d66b7bcaecf98f4b0f49f26f86853318d839fe89dc4de980c54db1f','003f2bc63877a28f38debb908a26961aa01b735f22ff58a5357ba6d63c2884b0');
INSERT INTO "audit" VALUES(6,1700000000,'mapping.add','cli:a','mapping:6','192.0.2.1','r1','{}','003f2bc63877a28f38debb908a26961aa01b735f22ff58a5357ba6d63c2884b0','c2ee3b90c4614463e80144460d8459b31475a28746ea98536c3cb4cd5d04eafe');
INSERT INTO "audit" VALUES(7,1700000000,'mapping.add','cli:a','mapping:7','192.0.2.1','r1','{}','c2ee3b90c4614463e80144460d8459b31475a28746ea98536c3cb4cd5d04eafe','c4be47c4782f09d25e4e8d375a50effb5aa36f30ee957550c565613ef458fb78');
INSERT INTO "audit" VALUES(8,1700000000,'mapping.add','cli:a','mapping:8','192.0.2.1','r1','{}','c4be47c4782f09d25e4e8d375a50effb5aa36f30ee957550c565613ef458fb78','35996abc21bdbf411da99dbc8b50e2a525913089a3a393dbcbc1373ddf4ba801');
INSERT INTO "audit" VALUES(9,1700000000,'mapping.add','cli:a','mapping:9','192.0.2.1','r1','{}','35996abc21bdbf411da99dbc8b50e2a525913089a3a393dbcbc1373ddf4ba801','b158f61a21491c8171c86e19e07317330e3dec68b5491e9c02b528cbf26536cd');
INSERT INTO "audit" VALUES(10,1700000000,'mapping.add','cli:a','mapping:10','192.0.2.1','r1','{}','b158f61a21491c8171c86e19e07317330e3dec68b5491e9c02b528cbf26536cd','43d2f6e55634347ba99b134660505756ae4174aec7c30eef3f08621e3bec26f8');
INSERT INTO "audit" VALUES(11,1700000000,'mapping.add','cli:a','mapping:11','192.0.2.1','r1','{}','43d2f6e55634347ba99b134660505756ae4174aec7c30eef3f08621e3bec26f8','6c31561f2714981319b56a07d1e1efe545f852316722180ebfa458500f72be74');
CREATE TABLE contextforge_grants (
	gateway TEXT NOT NULL CHECK (length(gateway) BETWEEN 1 AND 2048),
	email TEXT NOT NULL CHECK (length(email) BETWEEN 1 AND 8192),
	role_id TEXT NOT NULL CHECK (length(role_id) BETWEEN 1 AND 256),
	scope TEXT NOT NULL CHECK (scope IN ('global', 'team', 'personal')),
	scope_id TEXT NOT NULL CHECK (length(scope_id) <= 256),
	principal INTEGER NOT NULL REFERENCES principals (id),
	role TEXT NOT NULL CHECK (length(role) BETWEEN 1 AND 256),
	pending INTEGER NOT NULL CHECK (pending IN (0, 1)),
	expires_at INTEGER NOT NULL
		CHECK (expires_at BETWEEN 0 AND 253402300799),
	changed_at INTEGER NOT NULL
		CHECK (changed_at BETWEEN 0 AND 253402300799),
	PRIMARY KEY (gateway, email, role_id, scope, scope_id),
	CHECK ((scope = 'team') = (scope_id <> ''))
) STRICT, WITHOUT ROWID;
INSERT INTO "contextforge_grants" VALUES('https://gw.example','dana@contoso.com','r1','team','team-1',1,'analyst',0,0,1700000000);
CREATE TABLE counter_totals (
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
	reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 63),
	count INTEGER NOT NULL CHECK (count >= 1),
	PRIMARY KEY (name, reason)
) STRICT, WITHOUT ROWID;
INSERT INTO "counter_totals" VALUES('refused','session_none',3);
CREATE TABLE counters (
	minute INTEGER NOT NULL CHECK (minute BETWEEN 0 AND 253402300799
		AND minute % 60 = 0),
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
	reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 63),
	count INTEGER NOT NULL CHECK (count >= 1),
	PRIMARY KEY (minute, name, reason)
) STRICT, WITHOUT ROWID;
INSERT INTO "counters" VALUES(1699999980,'refused','session_none',3);
CREATE TABLE "documents" (
	issuer TEXT NOT NULL CHECK (length(issuer) BETWEEN 1 AND 2048),
	kind TEXT NOT NULL CHECK (kind IN ('discovery', 'keys', 'bearer')),
	text TEXT CHECK (length(text) <= 4194304),
	fetched_at INTEGER CHECK (fetched_at BETWEEN 0 AND 253402300799),
	attempted_at INTEGER CHECK (attempted_at BETWEEN 0 AND 253402300799),
	PRIMARY KEY (issuer, kind),
	CHECK ((text IS NULL) = (fetched_at IS NULL))
) STRICT;
INSERT INTO "documents" VALUES('https://op.example/t1/v2.0','keys','{"keys":[]}',1700000000,1700000000);
INSERT INTO "documents" VALUES('https://down.example','discovery',NULL,NULL,1700000000);
CREATE TABLE grants (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	principal INTEGER NOT NULL REFERENCES principals (id),
	role TEXT NOT NULL REFERENCES roles (name),
	reason TEXT NOT NULL CHECK (length(reason) <= 1024),
	expires_at INTEGER NOT NULL
		CHECK (expires_at BETWEEN 0 AND 253402300799),
	created_by TEXT NOT NULL CHECK (length(created_by) <= 1024),
	created_at INTEGER NOT NULL
		CHECK (created_at BETWEEN 0 AND 253402300799),
	UNIQUE (principal, role)
) STRICT;
INSERT INTO "grants" VALUES(1,1,'analyst','ticket 7',0,'cli:a',1700000000);
CREATE TABLE "mappings" (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	provider TEXT NOT NULL CHECK (length(provider) BETWEEN 1 AND 256),
	tenant TEXT CHECK (length(tenant) BETWEEN 1 AND 256),
	kind TEXT NOT NULL CHECK (kind IN ('group', 'group_name', 'app_role',
		'directory_role', 'claim', 'app')),
	claim TEXT CHECK (length(claim) BETWEEN 1 AND 1024),
	value TEXT NOT NULL CHECK (length(value) BETWEEN 1 AND 1024),
	effect TEXT NOT NULL CHECK (effect IN ('allow', 'deny')),
	role TEXT REFERENCES roles (name),
	label TEXT NOT NULL CHECK (length(label) <= 1024),
	note TEXT NOT NULL CHECK (length(note) <= 1024),
	enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
	expires_at INTEGER NOT NULL
		CHECK (expires_at BETWEEN 0 AND 253402300799),
	created_by TEXT NOT NULL CHECK (length(created_by) <= 1024),
	created_at INTEGER NOT NULL
		CHECK (created_at BETWEEN 0 AND 253402300799),
	CHECK ((kind = 'claim') = (claim IS NOT NULL)),
	CHECK ((effect = 'deny') = (role IS NULL))
) STRICT;
INSERT INTO "mappings" VALUES(2,'entra','t1','group',NULL,'g-1','allow','analyst','data-analysts','m',1,0,'cli:a',1700000000);
INSERT INTO "mappings" VALUES(3,'keycloak',NULL,'claim','realm_access.roles','reporting','allow','analyst','','',0,1700000009,'cli:a',1700000000);
INSERT INTO "mappings" VALUES(5,'entra',NULL,'group',NULL,'g-deny','deny',NULL,'','',1,0,'cli:a',1700000000);
CREATE TABLE meta (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	policy_version INTEGER NOT NULL CHECK (policy_version >= 1),
	audit_seq INTEGER NOT NULL CHECK (audit_seq >= 0),
	audit_hash TEXT NOT NULL CHECK (length(audit_hash) = 64)
, archive_seq INTEGER NOT NULL DEFAULT 0
	CHECK (archive_seq BETWEEN 0 AND audit_seq), archive_hash TEXT NOT NULL DEFAULT
	'0000000000000000000000000000000000000000000000000000000000000000'
	CHECK (length(archive_hash) = 64), sessions_from INTEGER NOT NULL DEFAULT 0
	CHECK (sessions_from BETWEEN 0 AND 253402300799)) STRICT;
INSERT INTO "meta" VALUES(1,13,11,'6c31561f2714981319b56a07d1e1efe545f852316722180ebfa458500f72be74',0,'0000000000000000000000000000000000000000000000000000000000000000',1699999995);
CREATE TABLE policy_changes (
	version INTEGER PRIMARY KEY CHECK (version >= 1),
	mapping INTEGER
) STRICT;
INSERT INTO "policy_changes" VALUES(13,2);
CREATE TABLE principals (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	provider TEXT NOT NULL CHECK (length(provider) BETWEEN 1 AND 256),
	issuer TEXT NOT NULL CHECK (length(issuer) BETWEEN 1 AND 2048),
	tenant TEXT NOT NULL CHECK (length(tenant) <= 256),
	subject TEXT NOT NULL CHECK (length(subject) BETWEEN 1 AND 1024),
	kind TEXT NOT NULL CHECK (kind IN ('user', 'app')),
	name TEXT NOT NULL CHECK (length(name) <= 8192),
	username TEXT NOT NULL CHECK (length(username) <= 8192),
	email TEXT NOT NULL CHECK (length(email) <= 8192),
	roles TEXT NOT NULL CHECK (length(roles) BETWEEN 2 AND 1048576),
	first_seen INTEGER NOT NULL
		CHECK (first_seen BETWEEN 0 AND 253402300799),
	last_seen INTEGER NOT NULL
		CHECK (last_seen BETWEEN 0 AND 253402300799),
	disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)), claims TEXT NOT NULL DEFAULT '{}'
	CHECK (length(claims) BETWEEN 2 AND 1048576), groups TEXT NOT NULL DEFAULT '{}'
	CHECK (length(groups) BETWEEN 2 AND 1048576),
	UNIQUE (provider, issuer, tenant, subject)
) STRICT;
INSERT INTO "principals" VALUES(1,'entra','https://op.example/t1/v2.0','t1','oid-1','user','Dana Diaz','dana@contoso.com','','["analyst"]',1700000000,1700000000,1,'{"groups":["g-1"]}','{}');
CREATE TABLE refreshes (
	session BLOB PRIMARY KEY NOT NULL
		REFERENCES sessions (hash) ON DELETE CASCADE,
	sealed TEXT NOT NULL CHECK (length(sealed) BETWEEN 1 AND 8192),
	due_at INTEGER NOT NULL
		CHECK (due_at BETWEEN 0 AND 253402300799),
	ends_at INTEGER NOT NULL -- of the session, however often renewed
		CHECK (ends_at BETWEEN 0 AND 253402300799)
) STRICT, WITHOUT ROWID;
INSERT INTO "refreshes" VALUES(X'5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A','sealed',1700000060,1700043200);
CREATE TABLE role_keys (
	kid TEXT PRIMARY KEY NOT NULL CHECK (length(kid) = 43),
	alg TEXT NOT NULL CHECK (alg = 'ES256'),
	public TEXT NOT NULL CHECK (length(public) BETWEEN 2 AND 4096),
	sealed TEXT NOT NULL CHECK (length(sealed) BETWEEN 1 AND 8192),
	created_at INTEGER NOT NULL
		CHECK (created_at BETWEEN 0 AND 253402300799),
	signs_from INTEGER NOT NULL UNIQUE
		CHECK (signs_from BETWEEN created_at AND 253402300799)
) STRICT, WITHOUT ROWID;
INSERT INTO "role_keys" VALUES('kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk','ES256','{}','sealed',1700000000,1700000000);
CREATE TABLE role_permissions (
	role TEXT NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
	permission TEXT NOT NULL CHECK (length(permission) BETWEEN 1 AND 256),
	PRIMARY KEY (role, permission)
) STRICT, WITHOUT ROWID;
INSERT INTO "role_permissions" VALUES('admin','*');
INSERT INTO "role_permissions" VALUES('analyst','reports.read');
CREATE TABLE roles (
	name TEXT PRIMARY KEY NOT NULL CHECK (length(name) BETWEEN 1 AND 128),
	description TEXT NOT NULL CHECK (length(description) <= 1024),
	is_admin INTEGER NOT NULL CHECK (is_admin IN (0, 1))
) STRICT, WITHOUT ROWID;
INSERT INTO "roles" VALUES('admin','Full administrative privileges',1);
INSERT INTO "roles" VALUES('analyst','reads',0);
CREATE TABLE sessions (
	hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
	public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 22),
	principal INTEGER NOT NULL REFERENCES principals (id),
	provider_sid TEXT NOT NULL CHECK (length(provider_sid) <= 1024),
	claims TEXT NOT NULL CHECK (length(claims) BETWEEN 2 AND 1048576),
	roles TEXT NOT NULL CHECK (length(roles) BETWEEN 2 AND 1048576),
	issued_at INTEGER NOT NULL
		CHECK (issued_at BETWEEN 0 AND 253402300799),
	last_used INTEGER NOT NULL
		CHECK (last_used BETWEEN issued_at AND 253402300799),
	idle_seconds INTEGER NOT NULL
		CHECK (idle_seconds BETWEEN 1 AND 31622400),
	expires_at INTEGER NOT NULL
		CHECK (expires_at BETWEEN issued_at AND 253402300799),
	dies_at INTEGER NOT NULL CHECK (dies_at <= expires_at
		AND dies_at <= last_used + idle_seconds)
, groups TEXT NOT NULL DEFAULT '{}'
	CHECK (length(groups) BETWEEN 2 AND 1048576)) STRICT, WITHOUT ROWID;
INSERT INTO "sessions" VALUES(X'5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A','abcdefghijklmnopqrstuv',1,'sid-1','{"groups":["g-1"]}','["analyst"]',1700000000,1700000000,3600,1700043200,1700003600,'{}');
CREATE TABLE spent_logins (
	state_hash BLOB PRIMARY KEY NOT NULL CHECK (length(state_hash) = 32),
	forget_at INTEGER NOT NULL
		CHECK (forget_at BETWEEN 0 AND 253402300799)
) STRICT, WITHOUT ROWID;
INSERT INTO "spent_logins" VALUES(X'5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A',1700000600);
CREATE INDEX sessions_by_provider_sid ON sessions (provider_sid)
	WHERE provider_sid <> '';
CREATE INDEX sessions_by_principal ON sessions (principal);
CREATE INDEX sessions_by_death ON sessions (dies_at);
CREATE INDEX spent_logins_by_end ON spent_logins (forget_at);
CREATE INDEX audit_by_time ON audit (time);
CREATE INDEX audit_by_event ON audit (event, time);
CREATE INDEX audit_by_subject ON audit (subject, time);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
WHEN NEW.seq IS NOT (SELECT audit_seq + 1 FROM meta)
	OR NEW.prev_hash IS NOT (SELECT audit_hash FROM meta)
BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_head AFTER INSERT ON audit
BEGIN UPDATE meta SET audit_seq = NEW.seq, audit_hash = NEW.hash; END;
CREATE UNIQUE INDEX mappings_same ON mappings (provider,
	coalesce(tenant, ''), kind, coalesce(claim, ''), value,
	coalesce(role, ''));
CREATE INDEX mappings_by_role ON mappings (role);
CREATE TRIGGER mappings_identity BEFORE UPDATE OF id, provider, tenant, kind,
	claim, value, effect ON mappings
WHEN NEW.id IS NOT OLD.id OR NEW.provider IS NOT OLD.provider
	OR NEW.tenant IS NOT OLD.tenant OR NEW.kind IS NOT OLD.kind
	OR NEW.claim IS NOT OLD.claim OR NEW.value IS NOT OLD.value
	OR NEW.effect IS NOT OLD.effect
BEGIN SELECT raise(ABORT, 'what a mapping matches can not be changed'); END;
CREATE INDEX grants_by_role ON grants (role);
CREATE INDEX sessions_by_issue ON sessions (issued_at, public_id);
CREATE INDEX audit_by_actor ON audit (actor, time);
CREATE INDEX audit_by_request ON audit (request_id) WHERE request_id <> '';
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN OLD.seq > (SELECT archive_seq FROM meta)
BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER archive_forward BEFORE UPDATE OF archive_seq, archive_hash
	ON meta
WHEN NEW.archive_seq <= OLD.archive_seq
	OR NEW.archive_hash IS NOT
		(SELECT hash FROM audit WHERE seq = NEW.archive_seq)
	OR NOT EXISTS (SELECT 1 FROM audit WHERE seq = OLD.audit_seq
		AND event = 'audit.archived'
		AND subject = 'audit:' || NEW.archive_seq)
BEGIN SELECT raise(ABORT, 'no audit row says that this was archived'); END;
CREATE INDEX contextforge_grants_by_principal
	ON contextforge_grants (principal, gateway);
CREATE INDEX principals_by_email ON principals (lower(email));
CREATE INDEX principals_by_username ON principals (lower(username));
CREATE INDEX refreshes_by_due ON refreshes (due_at);
CREATE INDEX mappings_by_label ON mappings
	(coalesce(nullif(label, ''), value) COLLATE NOCASE);
CREATE INDEX mappings_by_provider ON mappings (provider);
CREATE INDEX mappings_by_role_or_none ON mappings (coalesce(role, ''));
CREATE INDEX principals_by_name ON principals
	(coalesce(nullif(name, ''), nullif(username, ''), subject)
	COLLATE NOCASE);
CREATE INDEX principals_by_provider ON principals (provider);
CREATE INDEX principals_by_last_seen ON principals (last_seen);
CREATE INDEX grants_by_end ON grants
	(coalesce(nullif(expires_at, 0), 253402300800));
CREATE INDEX principals_by_roles ON principals (roles);
CREATE TRIGGER policy_changes_noted AFTER INSERT ON policy_changes
BEGIN
	UPDATE meta SET policy_version = NEW.version;
	DELETE FROM policy_changes WHERE version <= NEW.version - 1000;
END;
CREATE TRIGGER roles_added AFTER INSERT ON roles
BEGIN INSERT INTO policy_changes
	SELECT policy_version + 1, NULL FROM meta; END;
CREATE TRIGGER roles_changed AFTER UPDATE ON roles
BEGIN INSERT INTO policy_changes
	SELECT policy_version + 1, NULL FROM meta; END;
CREATE TRIGGER roles_removed AFTER DELETE ON roles
BEGIN INSERT INTO policy_changes
	SELECT policy_version + 1, NULL FROM meta; END;
CREATE TRIGGER role_permissions_added AFTER INSERT ON role_permissions
BEGIN INSERT INTO policy_changes
	SELECT policy_version + 1, NULL FROM meta; END;
CREATE TRIGGER role_permissions_changed AFTER UPDATE ON role_permissions
BEGIN INSERT INTO policy_changes
	SELECT policy_version + 1, NULL FROM meta; END;
CREATE TRIGGER role_permissions_removed AFTER DELETE ON role_permissions
BEGIN INSERT INTO policy_changes
	SELECT policy_version + 1, NULL FROM meta; END;
CREATE TRIGGER mappings_added AFTER INSERT ON mappings
BEGIN INSERT INTO policy_changes
	SELECT policy_version + 1, NEW.id FROM meta; END;
CREATE TRIGGER mappings_changed AFTER UPDATE ON mappings
BEGIN INSERT INTO policy_changes
	SELECT policy_version + 1, NEW.id FROM meta; END;
CREATE TRIGGER mappings_removed AFTER DELETE ON mappings
BEGIN INSERT INTO policy_changes
	SELECT policy_version + 1, OLD.id FROM meta; END;
CREATE TRIGGER mappings_added_over BEFORE INSERT ON mappings
WHEN EXISTS (SELECT 1 FROM mappings WHERE provider = NEW.provider
	AND coalesce(tenant, '') = coalesce(NEW.tenant, '')
	AND kind = NEW.kind
	AND coalesce(claim, '') = coalesce(NEW.claim, '')
	AND value = NEW.value
	AND coalesce(role, '') = coalesce(NEW.role, ''))
BEGIN UPDATE meta SET policy_version = policy_version + 1; END;
CREATE TRIGGER mappings_changed_over BEFORE UPDATE OF role ON mappings
WHEN EXISTS (SELECT 1 FROM mappings WHERE provider = NEW.provider
	AND coalesce(tenant, '') = coalesce(NEW.tenant, '')
	AND kind = NEW.kind
	AND coalesce(claim, '') = coalesce(NEW.claim, '')
	AND value = NEW.value
	AND coalesce(role, '') = coalesce(NEW.role, '') AND id <> OLD.id)
BEGIN UPDATE meta SET policy_version = policy_version + 1; END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('principals',1);
INSERT INTO "sqlite_sequence" VALUES('mappings',5);
INSERT INTO "sqlite_sequence" VALUES('grants',1);
COMMIT;
PRAGMA application_id = 1919896679;
PRAGMA user_version = 11;
