-- SPDX-License-Identifier: ISC
-- What each policy version changed, so that a process that has read the policy
-- once reads only what is new. A version that is not here (an older one, or an
-- edit of which the extent is not known) means: read all of it.

-- mapping is the id of one that was added, changed or removed; NULL: a role.
CREATE TABLE policy_changes (
	version INTEGER PRIMARY KEY CHECK (version >= 1),
	mapping INTEGER
) STRICT;

CREATE TRIGGER policy_changes_noted AFTER INSERT ON policy_changes
BEGIN
	UPDATE meta SET policy_version = NEW.version;
	DELETE FROM policy_changes WHERE version <= NEW.version - 1000;
END;

DROP TRIGGER roles_added;
DROP TRIGGER roles_changed;
DROP TRIGGER roles_removed;
DROP TRIGGER role_permissions_added;
DROP TRIGGER role_permissions_changed;
DROP TRIGGER role_permissions_removed;
DROP TRIGGER mappings_added;
DROP TRIGGER mappings_changed;
DROP TRIGGER mappings_removed;

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

-- REPLACE deletes without asking the trigger above: nobody notes what went.
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

PRAGMA user_version = 11;
