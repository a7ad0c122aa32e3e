-- SPDX-License-Identifier: ISC
-- Sessions issued before sessions_from are over, however many they are.

ALTER TABLE meta ADD COLUMN sessions_from INTEGER NOT NULL DEFAULT 0
	CHECK (sessions_from BETWEEN 0 AND 253402300799);

PRAGMA user_version = 6;
